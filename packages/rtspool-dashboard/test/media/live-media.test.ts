import { afterEach, describe, expect, it } from 'vitest'
import { LiveMedia } from '../../src/media/live-media.js'
import type { MediaView } from '../../src/media/media-view.js'

const mediaAt = (n: number): MediaView => ({
  ...{ publicId: `m${n}`, path: `/cam/${n}`, state: 'playing', isDown: false, createdTime: '' },
  ...{ sessionCount: 1, tracks: [] },
})

/** A server with media, and everything that the page asks of it. */
function serverWith(count: number) {
  const asked: Record<string, unknown>[] = []
  const all = Array.from({ length: count }, (_, n) => mediaAt(n))
  const client = {
    get: async (_path: string, query: Record<string, string | number | undefined> = {}) => {
      asked.push(query)
      const { path, limit, cursor = '0' } = query
      const list = path === undefined ? all : all.filter((each) => each.path === path)
      const from = Number(cursor)
      const end = from + Number(limit)
      const media = list.slice(from, end)
      return end < list.length ? { media, cursor: `${end}` } : { media }
    },
  }
  const events = { subscribe: () => () => undefined }
  const live = new LiveMedia({ client, events } as never)
  opened.push(live)
  return { live, asked, all }
}

const opened: LiveMedia[] = []
afterEach(() => {
  for (const live of opened.splice(0)) live.close()
})

describe('the list of media', () => {
  it('reads further pages as far as somebody scrolls', async () => {
    const { live, asked } = serverWith(750)
    await live.refresh()
    expect([live.list.rows.value.length, live.list.hasMore.value]).toEqual([100, true])
    for (let end = 100; end <= 750; end += 50) {
      live.list.see({ first: end - 20, end })
      await live.refresh()
    }
    expect([live.list.rows.value.length, live.list.hasMore.value]).toEqual([750, false])
    expect(live.list.rows.value.at(-1)?.path).toBe('/cam/749')
    const pages = asked.filter(({ cursor }) => cursor !== undefined).map(({ cursor }) => cursor)
    expect(new Set(pages)).toEqual(new Set(['100', '200', '300', '400', '500', '600', '700']))
  })

  it('finds a media that stands on no page that was read', async () => {
    const { live, all } = serverWith(750)
    await live.choose('/cam/749')
    expect(live.found.value).toEqual({ path: '/cam/749', media: all[749] })
    await live.choose('/nowhere')
    expect(live.found.value).toEqual({ path: '/nowhere', media: undefined })
    await live.choose(undefined)
    all.length = 0
    await live.refresh()
    expect(live.list.rows.value).toEqual([])
  })
})
