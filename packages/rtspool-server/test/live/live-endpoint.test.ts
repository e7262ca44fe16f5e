import type { RemovalReason } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, vi } from 'vitest'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import { parameterSets } from '../codec/parameter-sets.js'
import { boxAt } from '../fmp4/boxes.js'
import { cameraPath, type LiveBrowser, LiveServer } from './support/live-server.js'
import { PictureSource } from './support/picture-source.js'

const pictureCount = (browser: LiveBrowser) => browser.fragmentsOf(0).length
const decodeTimes = (browser: LiveBrowser, track = 0) =>
  browser.fragmentsOf(track).map((bytes) => boxAt(bytes, 'moof/traf/tfdt').readBigUInt64BE(4))

/** Starts a server whose camera runs because one browser watches. */
async function watched(source = new PictureSource()) {
  const live = await LiveServer.start(source)
  const browser = live.watch()
  await until(() => source.output !== undefined)
  return { source, live, browser }
}

describe('a browser that watches', () => {
  it('is sent its tracks, an init segment, and one fragment for each picture', async () => {
    const { source, browser } = await watched()
    source.push(7)
    await until(() => pictureCount(browser) === 7)
    expect(browser.texts).toEqual([
      {
        type: 'tracks',
        tracks: [
          {
            ...{ id: 0, kind: 'video', mime: 'video/mp4; codecs="avc1.42c00b"' },
            ...{ width: 320, height: 240 },
          },
        ],
        unplayable: [],
      },
    ])
    expect(browser.typesOf(0)[0]).toBe('ftyp')
    const times = decodeTimes(browser)
    expect(times[0]).toBe(900_000n)
    expect(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0n))).toBe(true)
    const [first] = browser.fragmentsOf(0)
    // The length of the slice, and the slice, without parameter sets.
    expect(boxAt(first ?? Buffer.alloc(0), 'mdat').toString('hex', 0, 6)).toBe('000000646588')
  })

  it('is a session of the pool, which ends with its socket', async () => {
    const { source, live, browser } = await watched()
    source.push(1)
    await until(() => pictureCount(browser) === 1)
    const [session] = [...live.server.pool.values()]
    expect(session?.toJSON()).toMatchObject({
      ...{ state: 'Playing', paths: [cameraPath], action: 'read', transport: 'websocket-fmp4' },
      ...{ owner: { address: '127.0.0.1', user: undefined }, userAgent: 'test browser' },
      ...{ isSecure: false },
    })
    expect(session?.stats.packetsOut).toBe(1)
    expect(session?.stats.bytesOut).toBeGreaterThan(100)
    const reasons: RemovalReason[] = []
    live.server.pool.on('sessionRemoved', (_, reason) => void reasons.push(reason))
    browser.socket.close()
    await until(() => live.server.pool.size === 0)
    expect(reasons).toEqual(['connectionClosed'])
    expect(live.live.viewerCount).toBe(0)
    await until(() => [...live.server.media][0]?.tracks[0]?.readerCount === 0)
  })

  it('begins with the last key frame where others watch already', async () => {
    const { source, live, browser } = await watched()
    source.push(8)
    await until(() => pictureCount(browser) === 8)
    const second = live.watch()
    await until(() => pictureCount(second) === 3)
    expect(second.fragmentsOf(0)).toEqual(browser.fragmentsOf(0).slice(5))
    source.push(1)
    await until(() => pictureCount(second) === 4 && pictureCount(browser) === 9)
    expect(second.fragmentsOf(0)).toEqual(browser.fragmentsOf(0).slice(5))
    expect([...live.server.media][0]?.tracks[0]?.readerCount).toBe(1)
  })

  it('shares one packaging with others, whatever query it sends', async () => {
    const seen: string[] = []
    const pool = {
      onAdmit: ({ query }: { readonly query: string }) => {
        seen.push(query)
        return true as const
      },
    }
    const live = await LiveServer.start(new PictureSource(), {}, { pool })
    const read = vi.spyOn(live.server, 'read')
    for (const query of ['?1', '?2', '']) live.watch({ path: cameraPath + query })
    await until(() => live.live.viewerCount === 3)
    expect(seen.sort()).toEqual(['', '1', '2'])
    expect(read.mock.calls.map(([path]) => path)).toEqual([cameraPath])
  })

  it('is sent the sound in fragments of 60 ms, once both tracks are there', async () => {
    const { source, browser } = await watched(new PictureSource({ hasSound: true }))
    source.push(2)
    source.pushSound(6)
    await until(() => pictureCount(browser) === 2 && browser.fragmentsOf(1).length === 2)
    expect(browser.texts).toHaveLength(1)
    expect(browser.texts[0]?.tracks.map(({ mime }) => mime)).toEqual([
      'video/mp4; codecs="avc1.42c00b"',
      'audio/mp4; codecs="opus"',
    ])
    const run = boxAt(browser.fragmentsOf(1)[0] ?? Buffer.alloc(0), 'moof/traf/trun')
    expect(run.readUInt32BE(4)).toBe(3)
  })

  it('is sent another init segment where the parameter sets change', async () => {
    const { source, browser } = await watched()
    source.push(5)
    source.sets = parameterSets.high
    source.push(2)
    await until(() => pictureCount(browser) === 7)
    expect(browser.texts.map(({ tracks }) => tracks[0]?.mime)).toEqual([
      'video/mp4; codecs="avc1.42c00b"',
      'video/mp4; codecs="avc1.64000b"',
    ])
    expect(browser.typesOf(0)).toEqual([
      ...['ftyp', 'moof', 'moof', 'moof', 'moof', 'moof'],
      ...['ftyp', 'moof', 'moof'],
    ])
  })
})

describe('the end of watching', () => {
  it('is told with a code and the reason where an operator kicks the session', async () => {
    const { live, browser } = await watched()
    live.server.pool.kick({ path: cameraPath })
    await until(() => browser.end !== undefined)
    expect(browser.end).toBe('4403 kicked')
    expect(live.live.viewerCount).toBe(0)
  })

  it('is told where the source ends, and where the server closes', async () => {
    const ended = await watched()
    ended.source.output?.end()
    await until(() => ended.browser.end !== undefined)
    expect(ended.browser.end).toBe('4410 mediaEnded')
    const closed = await watched()
    closed.live.live.close()
    await until(() => closed.browser.end !== undefined)
    expect(closed.browser.end).toBe('1001 poolClosed')
  })

  it('comes one after the other while the server drains', async () => {
    const clock = new ManualClock()
    const source = new PictureSource()
    const live = await LiveServer.start(source, {}, { clock })
    const browsers = [live.watch(), live.watch()]
    await until(() => live.live.viewerCount === 2)
    const drained = live.server.drain({ seconds: 8 })
    clock.advance(4000)
    await until(() => browsers.some(({ end }) => end === '1001 drained'))
    expect(live.live.viewerCount).toBe(1)
    clock.advance(4000)
    await drained
    await until(() => browsers.every(({ end }) => end === '1001 drained'))
  })

  it('comes for the browser with the longest queue when the server is overloaded', async () => {
    const clock = new ManualClock()
    const source = new PictureSource()
    const overload = { measure: () => ({ heap: 0, memory: 0, loopDelay: 0 }), maxQueuedBytes: 1e6 }
    const live = await LiveServer.start(source, {}, { clock, overload })
    const reading = live.watch()
    await until(() => live.live.viewerCount === 1)
    const silent = live.watch()
    await until(() => live.live.viewerCount === 2)
    const reasons: unknown[] = []
    live.server.pool.on('sessionRemoved', (session, reason) => reasons.push(reason, session))
    const [, second] = [...live.server.pool.values()]
    await until(() => silent.socket.readyState === silent.socket.OPEN)
    silent.socket.pause()
    await until(
      () => reasons.length > 0,
      async () => {
        source.push(1, 400_000)
        await nextTurn(5)
        clock.advance(500)
      },
    )
    expect(reasons).toEqual(['overload', second])
    expect(reading.end).toBeUndefined()
    silent.socket.resume()
    await until(() => silent.end !== undefined)
  })

  it('is told where the source cannot start', async () => {
    const source = new PictureSource()
    source.failure = new Error('no camera')
    const live = await LiveServer.start(source)
    const browser = live.watch()
    await until(() => browser.end !== undefined)
    expect(browser.end).toBe('4502 mediaFailed')
  })

  it('names the encodings that no browser plays', async () => {
    const { source, browser } = await watched(new PictureSource({ video: 'H263-1998' }))
    source.push(2)
    await until(() => browser.end !== undefined)
    expect(browser.texts).toEqual([
      { type: 'tracks', tracks: [], unplayable: [{ kind: 'video', encoding: 'H263-1998' }] },
    ])
  })
})

describe('a browser that may not watch', () => {
  it('is refused without a ticket, with a used one, and from another origin', {
    tags: 'B-CSRF',
  }, async () => {
    const live = await LiveServer.start(new PictureSource())
    const ticket = live.live.tickets.issue({ path: cameraPath })
    const own = live.watch(undefined, { ticket, origin: `http://${live.authority}` })
    await until(() => own.socket.readyState === own.socket.OPEN)
    const refused = [
      live.watch(undefined, { ticket }),
      live.watch(undefined, { ticket: 'guess' }),
      live.watch(undefined, { origin: 'http://evil.example' }),
    ]
    await until(() => refused.every(({ end }) => end !== undefined))
    expect(refused.map(({ end }) => end)).toEqual(['HTTP 401', 'HTTP 401', 'HTTP 403'])
  })

  it('may come from a listed origin, or from another port of the host', async () => {
    const allowedOrigins = ['https://view.example']
    const live = await LiveServer.start(new PictureSource(), { allowedOrigins })
    for (const origin of [...allowedOrigins, 'https://127.0.0.1:9997']) {
      const browser = live.watch(undefined, { origin })
      await until(() => browser.socket.readyState === browser.socket.OPEN)
    }
  })

  it('is told which limit is reached, and that a path does not exist', async () => {
    const pool = { maxSessionsPerUser: 1 }
    const live = await LiveServer.start(new PictureSource(), {}, { pool })
    const first = live.watch({ path: cameraPath, user: 'ann' })
    await until(() => live.server.pool.size === 1)
    const second = live.watch({ path: cameraPath, user: 'ann' })
    const lost = live.watch({ path: '/nowhere', user: 'bob' })
    await until(() => second.end !== undefined && lost.end !== undefined)
    expect([second.end, lost.end]).toEqual(['4503 ERR_SESSION_POOL_FULL', '4404 ERR_NOT_FOUND'])
    expect(first.end).toBeUndefined()
  })

  it('gets none while the server drains or is overloaded', async () => {
    const { live } = await watched()
    const stats = live.server.stats()
    const parts = { heap: 0.92, memory: 0, loopDelay: 0, queues: 0 }
    const pressure = { value: 0.92, parts, level: 'refusing' as const, refusedSetups: 0 }
    const pressed = { ...stats, pressure }
    const spy = vi.spyOn(live.server, 'stats').mockReturnValue(pressed)
    const third = live.watch()
    await until(() => third.end !== undefined)
    spy.mockRestore()
    await live.server.drain({ seconds: 0 })
    const fourth = live.watch()
    await until(() => fourth.end !== undefined)
    expect([third.end, fourth.end]).toEqual(['4503 ERR_OVERLOADED', '4503 ERR_DRAINING'])
  })

  it('is refused where an option is wrong', async () => {
    const start = (options: object) => LiveServer.start(new PictureSource(), options)
    await expect(start({ maxQueuedBytes: 0 })).rejects.toThrow(
      'live.maxQueuedBytes must be a whole number from 1 on, got 0',
    )
    await expect(start({ ticketSecond: 3 })).rejects.toThrow('live has no option ticketSecond')
    await expect(start({ allowedOrigins: ['view.example'] })).rejects.toThrow('allowedOrigins')
  })
})
