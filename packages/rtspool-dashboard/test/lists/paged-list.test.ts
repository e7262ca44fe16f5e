import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../../src/api/api-client.js'
import type { ListPage } from '../../src/lists/list-page.js'
import { PagedList } from '../../src/lists/paged-list.js'

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

/** A list of the server whose requests fail while it is down. */
function fragileListOf(count: number) {
  const server = { isDown: true, requests: 0 }
  const scene = listOf(count)
  const read = async (cursor: string | undefined): Promise<ListPage<string>> => {
    server.requests++
    if (server.isDown) throw new Error('down')
    return scene.read(cursor)
  }
  return { ...scene, read, server }
}

describe('list of pages', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

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

  it('reads only the pages on the screen again, and the first one', async () => {
    const { list, reads, read } = listOf(1000)
    await list.restart(read)
    list.see(screen(650))
    await list.refresh()
    reads.length = 0
    await list.refresh()
    expect(reads).toEqual([undefined, 'r599'])
  })

  it('counts new rows at the top while the top is not on the screen, and shows them there', async () => {
    const { list, rows, read, shown } = listOf(300)
    await list.restart(read)
    list.see(screen(150))
    await list.refresh()
    rows.unshift('new 2', 'new 1')
    await list.refresh()
    expect([list.newer.value, shown()[0]]).toEqual([2, 'r0'])
    list.see(screen(140))
    await list.refresh()
    expect([list.newer.value, shown()[0]]).toEqual([2, 'r0'])
    list.see(screen(0))
    await vi.advanceTimersByTimeAsync(0)
    expect([list.newer.value, shown().slice(0, 3)]).toEqual([0, ['new 2', 'new 1', 'r0']])
  })

  it('counts no new rows of an earlier filter', async () => {
    const { list, rows, read } = listOf(300)
    await list.restart(read)
    list.see(screen(150))
    rows.unshift('new')
    await list.refresh()
    expect(list.newer.value).toBe(1)
    await list.restart(read)
    expect(list.newer.value).toBe(0)
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
    const { list, read, server, shown } = fragileListOf(3)
    server.isDown = false
    await list.restart(read)
    server.isDown = true
    await list.refresh()
    expect([list.problem.value, shown().length]).toEqual(['down', 3])
    server.isDown = false
    await list.refresh()
    expect([list.problem.value, shown().length, vi.getTimerCount()]).toEqual(['', 3, 0])
  })

  it('says why its first page has not come, and tries again each five seconds', async () => {
    const { list, read, server, shown } = fragileListOf(3)
    await list.restart(read)
    expect([list.problem.value, list.isLoading.value]).toEqual(['down', false])
    await vi.advanceTimersByTimeAsync(5_000)
    expect([list.problem.value, server.requests]).toEqual(['down', 2])
    server.isDown = false
    await vi.advanceTimersByTimeAsync(5_000)
    expect([list.problem.value, shown().length, server.requests]).toEqual(['', 3, 3])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not call a server that has failed for each row that scrolls past', async () => {
    const { list, read, server } = fragileListOf(3)
    await list.restart(read)
    for (const first of [4, 8, 12]) list.see(screen(first))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(server.requests).toBe(1)
    list.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('reads the list of another filter at once where the earlier one fails', async () => {
    const { list, read, shown } = listOf(3)
    let fail = (_error: Error): void => {}
    const broken = list.restart(() => new Promise((_, reject) => (fail = reject)))
    const quick = list.restart(read)
    fail(new Error('wrong filter'))
    await Promise.all([broken, quick])
    expect([list.problem.value, list.isLoading.value, shown().length]).toEqual(['', false, 3])
  })

  it('does not send a refused filter again, and is empty until there is another one', async () => {
    const { list, read, shown } = listOf(3)
    await list.restart(read)
    const refuse = vi.fn(() => Promise.reject(new ApiError('wrong group', 400)))
    await list.restart(refuse)
    expect([list.problem.value, list.isRefused.value, shown()]).toEqual(['wrong group', true, []])
    await list.refresh()
    list.see(screen(0))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(refuse).toHaveBeenCalledTimes(1)
    await list.restart(read)
    expect([list.problem.value, list.isRefused.value, shown().length]).toEqual(['', false, 3])
  })

  it.each([0, 401, 408, 429, 500, 503])('tries again after status %i', async (status) => {
    const { list } = listOf(3)
    const fail = vi.fn(() => Promise.reject(new ApiError('not now', status)))
    await list.restart(fail)
    await vi.advanceTimersByTimeAsync(5_000)
    expect([fail.mock.calls.length, list.isRefused.value]).toEqual([2, false])
    list.close()
  })

  it('begins again where the server does not know a cursor any longer', async () => {
    const { list, read, shown } = listOf(300)
    let isNewServer = false
    await list.restart(async (cursor) => {
      if (isNewServer && cursor !== undefined) throw new ApiError('not a cursor', 400)
      return read(cursor)
    })
    isNewServer = true
    list.see(screen(70))
    await list.refresh()
    expect([list.problem.value, list.isRefused.value]).toEqual(['not a cursor', false])
    isNewServer = false
    await vi.advanceTimersByTimeAsync(5_000)
    expect([list.problem.value, shown().length]).toEqual(['', 200])
  })

  it('reads nothing after it was closed', async () => {
    const { list, reads, read } = listOf(3)
    await list.restart(read)
    list.close()
    await list.refresh()
    expect(reads).toHaveLength(1)
  })
})
