import { describe, expect, it } from 'vitest'
import { type AccessUnit, MediaFactory, type RtspServer } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/index.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { StoredTestSource } from '../../support/stored-test-source.js'
import {
  connectTo,
  play,
  publish,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const h264Sdp = testSdp.replace('X-foo/90000', 'H264/90000')

/** A picture of one slice; every fifth is a key frame. */
const picture = (n: number, sizeBytes = 100, isKey = n % 5 === 0, jumpTicks = 0) => {
  const payload = Buffer.alloc(sizeBytes, n)
  payload[0] = isKey ? 0x65 : 0x41
  payload[1] = 0x80
  return rtpPacket({ sequenceNumber: n, timestamp: n * 3000 + jumpTicks, marker: true, payload })
}

async function publisherOf(server: RtspServer, path: string): Promise<RtspTestClient> {
  const publisher = await connectTo(server)
  await publish(publisher, urlOf(server, path), ['TCP'], h264Sdp)
  return publisher
}

/** Sends pictures and waits until the server has taken them. */
async function send(publisher: RtspTestClient, from: number, count: number, sizeBytes?: number) {
  for (let n = from; n < from + count; n++) publisher.sendFrame(0, picture(n, sizeBytes))
  await publisher.request('OPTIONS', '*')
}

async function take(units: AsyncIterator<AccessUnit>, count: number): Promise<AccessUnit[]> {
  const taken: AccessUnit[] = []
  while (taken.length < count) {
    const { value, done } = await units.next()
    if (done) throw new Error('the media has ended')
    taken.push(value)
  }
  return taken
}

const numbers = (units: readonly AccessUnit[]) => units.map(({ timestamp }) => timestamp / 3000)

describe('server.read', () => {
  it('begins with the last key frame, goes on with what comes, and has no session', async () => {
    const server = await startServer()
    const publisher = await publisherOf(server, '/live/door')
    await send(publisher, 0, 8)
    const units = server.read('/live/door')
    const first = await take(units, 3)
    expect(numbers(first)).toEqual([5, 6, 7])
    expect(first.map(({ isKeyFrame }) => isKeyFrame)).toEqual([true, false, false])
    expect(first[0]?.parts.map((part) => part.length)).toEqual([100])
    await send(publisher, 8, 2)
    expect(numbers(await take(units, 2))).toEqual([8, 9])
    expect([server.pool.size, server.connections.size]).toEqual([1, 1])
    expect([...server.media].map(({ tracks }) => tracks[0]?.readerCount)).toEqual([1])
    await units.return?.()
    expect([...server.media].map(({ tracks }) => tracks[0]?.readerCount)).toEqual([0])
  })

  it('has the times at which pictures arrived, though the timestamps jump before they are read', async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock, gopCache: false })
    const publisher = await publisherOf(server, '/live/door')
    const shown = ({ timestamp, unixTimeMs }: AccessUnit) => [timestamp, unixTimeMs]
    const atOnce: unknown[] = []
    const from = 'now'
    const visits = server.readEach('/live/door', (unit) => void atOnce.push(shown(unit)), { from })
    const units = server.read('/live/door', { from })
    const first = take(units, 1)
    await until(() => [...server.media][0]?.tracks[0]?.readerCount === 2)
    const oneHourTicks = 3600 * 90_000
    for (let n = 0; n < 8; n++) {
      publisher.sendFrame(0, picture(n, 100, n === 0, n < 3 ? 0 : oneHourTicks))
      await publisher.request('OPTIONS', '*')
      clock.advance(1000 / 30)
    }
    const later = [...(await first), ...(await take(units, 7))]
    expect(later.map(shown)).toEqual(atOnce)
    expect(atOnce.every((each) => typeof (each as unknown[])[1] === 'number')).toBe(true)
    await units.return?.()
    await publisher.close()
    await visits
  })

  it('waits for a key frame where none is kept, and with from: now takes what comes', async () => {
    const server = await startServer({ gopCache: false })
    const publisher = await publisherOf(server, '/live/door')
    const [whole, now] = [server.read('/live/door'), server.read('/live/door', { from: 'now' })]
    const [begin, any] = [take(whole, 1), take(now, 1)]
    await until(() => [...server.media].some(({ tracks }) => tracks[0]?.readerCount === 2))
    await send(publisher, 3, 4)
    expect([numbers(await begin), numbers(await any)]).toEqual([[5], [3]])
    expect((await begin)[0]).toMatchObject({ missedPackets: 0, lostPackets: 0 })
    await Promise.all([whole.return?.(), now.return?.()])
  })

  it('ends with the media, after what was queued', async () => {
    const server = await startServer()
    const publisher = await publisherOf(server, '/live/door')
    await send(publisher, 0, 3)
    const seen: number[] = []
    for await (const { timestamp } of server.read('/live/door')) {
      if (seen.push(timestamp / 3000) === 1) await publisher.close()
    }
    expect(seen).toEqual([0, 1, 2])
  })

  it('ends at once when the signal aborts, while it waits and before it begins', async () => {
    const server = await startServer()
    await publisherOf(server, '/live/door')
    const abort = new AbortController()
    const units = server.read('/live/door', { signal: abort.signal })
    const waiting = units.next()
    await until(() => [...server.media].some(({ tracks }) => tracks[0]?.readerCount === 1))
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect([...server.media].map(({ tracks }) => tracks[0]?.readerCount)).toEqual([0])
    const { signal } = abort
    await expect(server.read('/live/door', { signal }).next()).rejects.toThrow('enough')
  })

  it('leaves packets out for a reader that is behind, tells how many, and no viewer waits', async () => {
    const server = await startServer({ gopCache: false })
    const publisher = await publisherOf(server, '/live/door')
    const viewer = await connectTo(server)
    await play(viewer, urlOf(server, '/live/door'), ['TCP'])
    const units = server.read('/live/door', { maxQueuedBytes: 20_000 })
    const begin = take(units, 1)
    await until(() => [...server.media].some(({ tracks }) => tracks[0]?.readerCount === 2))
    await send(publisher, 0, 1)
    await begin
    // Room for some 19 packets, each a batch of its own; the reader takes none of them yet.
    for (let n = 1; n <= 60; n++) await send(publisher, n, 1, 900)
    await until(() => viewer.frames.filter(({ channel }) => channel === 0).length >= 61)
    const queued = await take(units, 15)
    expect(numbers(queued)).toEqual(queued.map((_, at) => at + 1))
    for (let n = 61; n <= 66; n++) await send(publisher, n, 1, 900)
    let [last, unit] = await take(units, 2)
    while (unit?.missedPackets === 0) [last, unit] = [unit, ...(await take(units, 1))]
    expect([unit?.isKeyFrame, unit?.lostPackets, unit?.timestamp]).toEqual([true, 0, 65 * 3000])
    expect(unit?.missedPackets).toBe(65 - (last?.timestamp ?? 0) / 3000 - 1)
    await units.return?.()
  })

  it('starts the source of a factory, and closes it with the last reader', async () => {
    const server = await startServer()
    const source = new TestSource()
    server.mounts.add('/cam', new MediaFactory(() => source, { lingerSeconds: 0 }))
    const units = server.read('/cam')
    const next = units.next()
    await until(() => server.media.size === 1 && [...server.media][0]?.state === 'playing')
    await server.close()
    expect((await next).done).toBe(true)
    expect(server.media.size).toBe(0)
  })

  it('observes a media that is served, without keeping it', async () => {
    const server = await startServer()
    server.mounts.add('/cam', new MediaFactory(() => new TestSource(), { lingerSeconds: 0 }))
    const viewer = server.read('/cam')
    const watched = viewer.next()
    await until(() => [...server.media][0]?.state === 'playing')
    const [media] = server.media
    if (!media) throw new Error('no media')
    const observer = server.read(media)
    const observed = observer.next()
    await until(() => media.tracks[0]?.readerCount === 2)
    expect(media.participantCount).toBe(1)
    const left = viewer.return?.()
    await media.end()
    expect((await observed).done).toBe(true)
    await Promise.all([watched, left])
    await expect(server.read(media).next()).rejects.toThrow('the media of /cam is not served')
  })

  it('observes to the end of the media, which the last viewer brings', async () => {
    const server = await startServer()
    server.mounts.add('/cam', new MediaFactory(() => new TestSource(), { lingerSeconds: 0 }))
    const viewer = await connectTo(server)
    await play(viewer, urlOf(server, '/cam'), ['TCP', 'TCP'])
    const [media] = server.media
    if (!media) throw new Error('no media')
    const observed = server.read(media).next()
    await until(() => media.tracks[0]?.readerCount === 2)
    await viewer.close()
    expect((await observed).done).toBe(true)
    expect(media.state).toBe('ended')
  })

  it('plays a stored presentation from its beginning to its end', async () => {
    const server = await startServer()
    const source = new StoredTestSource()
    server.mounts.add('/file', new MediaFactory(() => source, { shared: false }))
    const units = server.read('/file')
    const first = units.next()
    await until(() => [...server.media].some(({ tracks }) => tracks[0]?.readerCount === 1))
    expect(source.sought).toEqual([{ startSeconds: 0, endSeconds: 10 }])
    source.output?.rangeEnded()
    expect((await first).done).toBe(true)
    await until(() => server.media.size === 0)
  })

  it.each<[string, object | undefined, string]>([
    ['/nothing', undefined, 'nothing is mounted at /nothing'],
    ['/broken', undefined, 'the source of /broken failed'],
  ])('%s rejects as the answer to a viewer does', async (path, options, message) => {
    const server = await startServer()
    const broken = () => {
      throw new Error('no camera')
    }
    server.mounts.add('/broken', new MediaFactory(broken))
    await expect(server.read(path, options).next()).rejects.toThrow(message)
    expect(server.media.size).toBe(0)
  })

  it.each([
    [{ form: 'now' }, "did you mean 'from'?"],
    [{ from: 'then' }, "from must be 'keyFrame' or 'now', got 'then'"],
    [{ maxQueuedBytes: -1 }, 'maxQueuedBytes must be an integer'],
    [{ allowsDelay: 'yes' }, "allowsDelay must be true or false, got 'yes'"],
    [{ signal: true }, 'signal must be an AbortSignal, got boolean'],
  ])('%j is refused at once', async (options, message) => {
    const server = await startServer()
    expect(() => server.read('/live/door', options as never)).toThrow(message)
  })
})
