import { describe, expect, it } from 'vitest'
import { type ListPage, PagedList } from '../../src/lists/paged-list.js'

/** A server with rows that are names, and a page size of 100. */
function listOf(count: number) {
  const rows = Array.from({ length: count }, (_, index) => `r${index}`)
  const reads: (string | undefined)[] = []
  const read = async (cursor: string | undefined): Promise<ListPage<string>> => {
    reads.push(cursor)
    const after = cursor === undefined ? 0 : rows.indexOf(cursor) + 1
    const page = rows.slice(after, after + 100)
    const isLast = after + 100 >= rows.length
    return { rows: page, cursor: isLast ? undefined : page.at(-1) }
  }
  const list = new PagedList<string>((row) => row)
  const shown = () => list.rows.value
  return { list, rows, reads, read, shown }
}

const screen = (first: number) => ({ first, end: first + 30 })

describe('list of pages', () => {
  it('reads as far as a person scrolls', async () => {
    const { list, reads, read, shown } = listOf(1000)
    await list.restart(read)
    expect([shown().length, list.hasMore.value, list.isLoading.value]).toEqual([100, true, false])
    list.see(screen(0))
    await list.refresh()
    expect(shown()).toHaveLength(200)
    list.see(screen(120))
    await list.refresh()
    expect(shown()).toHaveLength(300)
    expect(reads).toContain('r199')
  })

  it('reads only the pages on the screen again', async () => {
    const { list, reads, read } = listOf(1000)
    await list.restart(read)
    list.see(screen(650))
    await list.refresh()
    reads.length = 0
    await list.refresh()
    expect(reads).toEqual(['r599'])
  })

  it('shows a row once that has moved to another page', async () => {
    const { list, rows, read, shown } = listOf(300)
    await list.restart(read)
    list.see(screen(150))
    await list.refresh()
    rows.splice(10, 5)
    list.see(screen(0))
    await list.refresh()
    expect(shown()).toEqual(rows)
    expect(new Set(shown()).size).toBe(295)
  })

  it('ends where the server has no more rows', async () => {
    const { list, rows, read, shown } = listOf(400)
    await list.restart(read)
    list.see(screen(300))
    await list.refresh()
    rows.length = 350
    await list.refresh()
    expect([shown().length, list.hasMore.value]).toEqual([350, false])
  })

  it('reads on where the first pages have no matching row', async () => {
    const pages: ListPage<string>[] = [
      { rows: [], cursor: 'a' },
      { rows: [], cursor: 'b' },
      { rows: ['found'], cursor: undefined },
    ]
    const { list, shown } = listOf(0)
    await list.restart(async (cursor) => pages[[undefined, 'a', 'b'].indexOf(cursor)] as never)
    expect(shown()).toEqual(['found'])
  })

  it('drops what was read for an earlier filter', async () => {
    const { list, read, shown } = listOf(5)
    let respond = (_page: ListPage<string>): void => {}
    const slow = list.restart(() => new Promise((resolve) => (respond = resolve)))
    const quick = list.restart(read)
    respond({ rows: ['old'], cursor: undefined })
    await Promise.all([slow, quick])
    expect(shown()).toEqual(['r0', 'r1', 'r2', 'r3', 'r4'])
  })

  it('keeps its rows where a request fails, and recovers', async () => {
    const { list, read, shown } = listOf(3)
    let isDown = false
    await list.restart((cursor) => (isDown ? Promise.reject(new Error('down')) : read(cursor)))
    isDown = true
    await list.refresh()
    expect([list.problem.value, shown().length]).toEqual(['down', 3])
    isDown = false
    await list.refresh()
    expect([list.problem.value, shown().length]).toEqual(['', 3])
  })

  it('tries the first page again where it has failed', async () => {
    const { list, read, shown } = listOf(3)
    let isDown = true
    await list.restart((cursor) => (isDown ? Promise.reject(new Error('down')) : read(cursor)))
    expect([list.problem.value, list.isLoading.value]).toEqual(['down', true])
    isDown = false
    await list.refresh()
    expect([list.problem.value, shown().length]).toEqual(['', 3])
  })

  it('reads nothing after it was closed', async () => {
    const { list, reads, read } = listOf(3)
    await list.restart(read)
    list.close()
    await list.refresh()
    expect(reads).toHaveLength(1)
  })
})
