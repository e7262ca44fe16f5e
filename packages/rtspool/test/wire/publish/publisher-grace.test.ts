import { describe, expect, it } from 'vitest'
import type { MediaOutput, RtspServerOptions } from '../../../src/index.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import { sequenceNumberOf, ssrcOf, timestampOf } from '../../../src/rtp/index.js'
import { parseSdp } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, setUp, tcp } from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { fakeTime } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  play,
  publish,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

async function start(options: RtspServerOptions = {}) {
  const clock = new ManualClock()
  const server = await startServer({ ...fakeTime(clock), publisherGraceSeconds: 20, ...options })
  const told: string[] = []
  server.pool.on('sessionRemoved', (_session, reason) => told.push(reason))
  server.on('publishStarted', () => told.push('publishStarted'))
  server.on('publishEnded', () => told.push('publishEnded'))
  server.on('mediaEnded', () => told.push('mediaEnded event'))
  return { clock, server, url: urlOf(server, '/live/cam'), told }
}

const rtpOf = (client: RtspTestClient): Buffer[] =>
  client.frames.filter(({ channel }) => channel === 0).map(({ payload }) => payload)

const describeAt = async (client: RtspTestClient, url: string): Promise<string> =>
  (await expectOk(client, 'DESCRIBE', url)).body.toString()

const originOf = (sdp: string): number[] =>
  (/^o=- (\d+) (\d+)/m.exec(sdp) ?? []).slice(1).map(Number)

/** Sends pictures until the viewer has received as many packets as before and `count` more. */
async function send(
  publisher: RtspTestClient,
  viewer: RtspTestClient,
  first: { readonly ssrc: number; readonly sequenceNumber: number; readonly timestamp: number },
) {
  const before = rtpOf(viewer).length
  for (let n = 0; n < 3; n++) {
    const { ssrc, sequenceNumber, timestamp } = first
    const numbers = {
      sequenceNumber: (sequenceNumber + n) & 0xffff,
      timestamp: timestamp + n * 3600,
    }
    publisher.sendFrame(0, rtpPacket({ ssrc, ...numbers, marker: true }))
  }
  await until(() => rtpOf(viewer).length === before + 3)
}

const runs = [
  { ssrc: 7, sequenceNumber: 65_534, timestamp: 1_000 },
  { ssrc: 9, sequenceNumber: 30_000, timestamp: 3_000_000_000 },
  { ssrc: 7, sequenceNumber: 5, timestamp: 90_000 },
]

/** Ways in which a publisher leaves. */
const departures = {
  'tears down': (publisher: RtspTestClient, url: string, session: string) =>
    inSession(publisher, 'TEARDOWN', url, session),
  'loses its connection': (publisher: RtspTestClient) => publisher.close(),
}

describe('the grace time of a publisher', () => {
  it('shows its viewers a slate until it returns', async () => {
    const slates: string[] = []
    let slate: MediaOutput | undefined
    const { server, url, told } = await start({
      publisherSlate: (path) => {
        slates.push(path)
        const start = (output: MediaOutput): void => {
          slate = output
        }
        return { description: parseSdp(Buffer.from(testSdp)), start, close: () => {} }
      },
    })
    const publisher = await connectTo(server)
    await publish(publisher, url, ['TCP'])
    const viewer = await connectTo(server)
    await play(viewer, url, ['TCP'])
    await send(publisher, viewer, { ssrc: 7, sequenceNumber: 10, timestamp: 1_000 })
    expect(slates).toEqual([])
    await publisher.close()
    await until(() => slate !== undefined)
    slate?.tracks[0]?.push(rtpPacket({ ssrc: 8, sequenceNumber: 900, marker: true }))
    await until(() => rtpOf(viewer).length === 4)
    const again = await connectTo(server)
    await publish(again, url, ['TCP'])
    slate?.tracks[0]?.push(rtpPacket({ ssrc: 8, sequenceNumber: 901, marker: true }))
    await send(again, viewer, { ssrc: 9, sequenceNumber: 400, timestamp: 70_000 })
    const packets = rtpOf(viewer)
    expect(packets.map(sequenceNumberOf)).toEqual([10, 11, 12, 13, 14, 15, 16])
    expect(new Set(packets.map(ssrcOf))).toEqual(new Set([7]))
    expect(slates).toEqual(['/live/cam'])
    expect(told).not.toContain('mediaEnded')
  })

  it.each(Object.entries(departures))('keeps its viewers when it %s', async (_name, leave) => {
    const { clock, server, url, told } = await start()
    const viewer = await connectTo(server)
    let sdp = ''
    for (const [index, run] of runs.entries()) {
      const publisher = await connectTo(server)
      const { session } = await publish(publisher, url, ['TCP'])
      if (index === 0) {
        await play(viewer, url, ['TCP'])
        sdp = await describeAt(viewer, url)
      }
      await send(publisher, viewer, run)
      await leave(publisher, url, session)
      await until(() => told.filter((each) => each === 'publishEnded').length === index + 1)
      clock.advance(15_000)
      expect(await describeAt(viewer, url)).toBe(sdp)
    }
    const packets = rtpOf(viewer)
    expect(new Set(packets.map(ssrcOf))).toEqual(new Set([7]))
    expect(packets.map(sequenceNumberOf)).toEqual([65_534, 65_535, 0, 1, 2, 3, 4, 5, 6])
    const stamps = packets.map(timestampOf)
    expect(stamps.slice(0, 3)).toEqual([1_000, 4_600, 8_200])
    for (const at of [3, 6]) {
      const seconds = ((stamps[at] ?? 0) - (stamps[at - 3] ?? 0)) / 90_000
      expect(Math.abs(seconds - 15)).toBeLessThan(0.2)
    }
    const reports = viewer.frames.filter(({ channel }) => channel === 1)
    const bye = reports
      .flatMap(({ payload }) => parseCompound(payload))
      .filter(({ type }) => type === 'bye')
    expect(bye).toEqual([])
    expect([...server.media]).toMatchObject([{ state: 'playing', awaySince: expect.any(Date) }])
    expect(told.filter((each) => each !== 'teardown' && each !== 'connectionClosed')).toEqual(
      runs.flatMap(() => ['publishStarted', 'publishEnded']),
    )
  })

  it('answers new viewers from the last description, also while the next one announces', async () => {
    const { clock, server, url } = await start()
    const [first, next] = [await connectTo(server), await connectTo(server)]
    await publish(first, url, ['TCP'])
    await play(await connectTo(server), url, ['TCP'])
    await first.close()
    await until(() => [...server.media].some(({ awaySince }) => awaySince))
    const viewers = [await connectTo(server), await connectTo(server)]
    const [before, during] = viewers as [RtspTestClient, RtspTestClient]
    const { response } = await play(before, url, ['TCP'])
    expect(response.headers.get('RTP-Info')).not.toMatch(/seq|rtptime/)
    await expectOk(next, 'ANNOUNCE', url, {
      headers: { 'Content-Type': 'application/sdp' },
      body: testSdp,
    })
    await play(during, url, ['TCP'])
    clock.advance(1_000)
    const track = await setUp(next, `${url}/streamid=0`, `${tcp};mode=record`)
    const session = track.headers.get('Session')?.split(';')[0] ?? ''
    await inSession(next, 'RECORD', url, session)
    await send(next, before, runs[1] as (typeof runs)[0])
    expect(rtpOf(during)).toEqual(rtpOf(before))
  })

  it('ends: its viewers leave, and the path is free', async () => {
    const { clock, server, url, told } = await start()
    const [publisher, viewer] = [await connectTo(server), await connectTo(server)]
    await publish(publisher, url, ['TCP'])
    await play(viewer, url, ['TCP'])
    await publisher.close()
    await until(() => told.includes('publishEnded'))
    clock.advance(19_999)
    expect(server.mounts.size).toBe(1)
    clock.advance(1)
    expect(told.slice(-2)).toEqual(['mediaEnded', 'mediaEnded event'])
    expect(server.mounts.size).toBe(0)
    expect((await viewer.request('DESCRIBE', url)).statusCode).toBe(404)
  })

  it('is not prolonged by an announcement without RECORD', async () => {
    const { clock, server, url, told } = await start({ pool: { maxIdleSetup: 30 } })
    const first = await connectTo(server)
    await publish(first, url, ['TCP'])
    await play(await connectTo(server), url, ['TCP'])
    await first.close()
    await until(() => told.includes('publishEnded'))
    clock.advance(15_000)
    const next = await connectTo(server)
    await expectOk(next, 'ANNOUNCE', url, {
      headers: { 'Content-Type': 'application/sdp' },
      body: testSdp,
    })
    clock.advance(5_000)
    expect(told).toContain('mediaEnded')
    expect((await (await connectTo(server)).request('DESCRIBE', url)).statusCode).toBe(404)
    clock.advance(25_000)
    expect(server.mounts.size).toBe(0)
  })

  it('lets viewers leave when other codecs come: the version of the description rises', async () => {
    const { server, url, told } = await start()
    const [first, next] = [await connectTo(server), await connectTo(server)]
    const viewer = await connectTo(server)
    await publish(first, url, ['TCP'])
    await play(viewer, url, ['TCP'])
    const [id, version] = originOf(await describeAt(viewer, url))
    await first.close()
    await until(() => told.includes('publishEnded'))
    await publish(next, url, ['TCP'], testSdp.replace('X-foo/90000', 'X-bar/90000'))
    expect(told).toEqual([
      ...['publishStarted', 'publishEnded', 'connectionClosed'],
      ...['sourceChanged', 'mediaEnded event', 'publishStarted'],
    ])
    const sdp = await describeAt(viewer, url)
    expect(originOf(sdp)).toEqual([id, (version ?? 0) + 1])
    expect(sdp).toContain('X-bar')
    await play(viewer, url, ['TCP'])
    next.sendFrame(0, rtpPacket({ sequenceNumber: 4, ssrc: 4, marker: true }))
    await until(() => rtpOf(viewer).some((packet) => sequenceNumberOf(packet) === 4))
  })

  it('holds for a publisher that takes over while the first lingers', async () => {
    const { clock, server, url, told } = await start()
    const [first, next] = [await connectTo(server), await connectTo(server)]
    const viewer = await connectTo(server)
    await publish(first, url, ['TCP'])
    await play(viewer, url, ['TCP'])
    const [run, other] = runs as [(typeof runs)[0], (typeof runs)[0]]
    await send(first, viewer, run)
    clock.advance(2_000)
    await publish(next, url, ['TCP'])
    await send(next, viewer, other)
    expect(told).toEqual(['publishStarted', 'publishEnded', 'replaced', 'publishStarted'])
    expect(rtpOf(viewer).map(sequenceNumberOf)).toEqual([65_534, 65_535, 0, 1, 2, 3])
    const [media] = server.media
    expect(media?.awaySince).toBeUndefined()
  })

  it('occupies at most 100 paths without viewers', async () => {
    const { server, told } = await start()
    const publisher = await connectTo(server)
    for (let n = 0; n < 105; n++) {
      const url = urlOf(server, `/live/${n}`)
      const { session } = await publish(publisher, url, ['TCP'])
      if (n === 0) await play(await connectTo(server), url, ['TCP'])
      await inSession(publisher, 'TEARDOWN', url, session)
    }
    const paths = [...server.mounts].map(([path]) => path)
    expect(paths).toHaveLength(101)
    expect(paths.slice(0, 2)).toEqual(['/live/0', '/live/5'])
    expect(told.filter((each) => each === 'mediaEnded event')).toHaveLength(4)
  })

  it('is refused by name and value if invalid, and can be changed', async () => {
    const { server, url, told } = await start()
    expect(() => server.update({ publisherGraceSeconds: -1 })).toThrow(
      'publisherGraceSeconds must be a number of seconds from 0, got -1',
    )
    server.update({ publisherGraceSeconds: 0 })
    const publisher = await connectTo(server)
    await publish(publisher, url, ['TCP'])
    await play(await connectTo(server), url, ['TCP'])
    await publisher.close()
    await until(() => told.includes('mediaEnded'))
    expect(server.mounts.size).toBe(0)
  })
})
