import { describe, expect, it } from 'vitest'
import { createMediaDescription, MediaFactory, type RtspServer } from '../../../src/index.js'
import { collectGarbage } from '../../support/collect-garbage.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'

const mib = 1024 * 1024
const totalBytes = 16 * mib
/** Heap of the tests themselves, what has been read and not yet given back, and the connections. */
const slackBytes = 12 * mib

function sdpOf(tracks: number): string {
  const media = Array.from(
    { length: tracks },
    (_, index) =>
      `m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:streamid=${index}\r\n`,
  )
  return `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n${media.join('')}`
}

/** Frames of one "key frame" that never ends, in pieces of about a megabyte. */
function keyFrame(channel: number, sizeBytes: number, payloadBytes: number): Buffer[] {
  const pieces: Buffer[] = []
  let frames: Buffer[] = []
  for (let n = 0; n * payloadBytes < sizeBytes; n++) {
    const payload = Buffer.alloc(payloadBytes, n === 0 ? 0x65 : 0x41)
    const packet = rtpPacket({ sequenceNumber: n & 0xffff, payload })
    frames.push(Buffer.from([0x24, channel, packet.length >>> 8, packet.length & 0xff]), packet)
    if (((n + 1) * payloadBytes) % mib >= payloadBytes) continue
    pieces.push(Buffer.concat(frames))
    frames = []
  }
  return [...pieces, Buffer.concat(frames)]
}

/** The least of several looks: buffers that nobody holds are given back a while after the collection. */
async function realMemory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < 10; look++) {
    collectGarbage()
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    least = Math.min(least, arrayBuffers + heapUsed)
    await nextTurn()
  }
  return least
}

async function sendAll(client: RtspTestClient, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    client.send(piece)
    await expectOk(client, 'OPTIONS', '*')
  }
}

interface Attack {
  readonly name: string
  readonly paths: number
  readonly tracks: number
  /** Of each track. */
  readonly sizeBytes: number
  readonly payloadBytes: number
  /** Of the budget. */
  readonly share?: number
}

const attacks: readonly Attack[] = [
  {
    name: '64 tracks of one session',
    paths: 1,
    tracks: 64,
    sizeBytes: 1e6,
    payloadBytes: 1400,
    share: 0.25,
  },
  { name: '40 paths of one track', paths: 40, tracks: 1, sizeBytes: 1.5e6, payloadBytes: 1400 },
  {
    name: '32 tracks of tiny packets',
    paths: 1,
    tracks: 32,
    sizeBytes: 60e3,
    payloadBytes: 10,
    share: 0.25,
  },
  { name: '40 paths of tiny packets', paths: 40, tracks: 1, sizeBytes: 60e3, payloadBytes: 10 },
  {
    name: '40 paths of packets of the largest size',
    paths: 40,
    tracks: 1,
    sizeBytes: 1.5e6,
    payloadBytes: 65_000,
  },
]

async function publishTo(server: RtspServer, client: RtspTestClient, path: string, tracks: number) {
  const carriers = Array.from({ length: tracks }, () => 'TCP' as const)
  return publish(client, urlOf(server, path), carriers, sdpOf(tracks))
}

describe('packets kept for new viewers stay within the budget, in real memory', {
  tags: ['S-6', 'B-BIG'],
}, () => {
  it.each(attacks)('by $name', async ({ paths, tracks, sizeBytes, payloadBytes, share = 1 }) => {
    const server = await startServer({ gopCache: { totalBytes } })
    const clients: RtspTestClient[] = []
    for (let index = 0; index < paths; index++) {
      const client = await connectTo(server)
      await publishTo(server, client, `/live/${index}`, tracks)
      clients.push(client)
    }
    const frames = Array.from({ length: tracks }, (_, index) =>
      keyFrame(index * 2, sizeBytes, payloadBytes),
    )
    const before = await realMemory()
    for (const client of clients) for (const each of frames) await sendAll(client, each)
    const { gopCache } = server.stats()
    expect(gopCache.bytes).toBeLessThanOrEqual(totalBytes * share)
    // It is used: what is given up makes room for others.
    expect(gopCache.bytes).toBeGreaterThan(totalBytes * share * 0.5)
    expect(gopCache.givenUp).toBeGreaterThan(0)
    expect((await realMemory()) - before).toBeLessThan(totalBytes * share + slackBytes)
  })

  it('by media of the application, each of which has a share of its own', async () => {
    const server = await startServer({ gopCache: { totalBytes } })
    const sources: TestSource[] = []
    const factory = new MediaFactory(
      () => {
        const source = new TestSource()
        source.description.media.push(
          createMediaDescription({
            kind: 'video',
            payloadType: 98,
            encoding: 'H264',
            clockRate: 90_000,
          }),
        )
        sources.push(source)
        return source
      },
      { servesSubpaths: true },
    )
    server.mounts.add('/cam', factory)
    for (let n = 0; n < 6; n++)
      await play(await connectTo(server), urlOf(server, `/cam/${n}`), ['TCP'])
    const payload = Buffer.alloc(1400, 0x41)
    for (const { output } of sources) {
      for (const [index, payloadType] of [
        [0, 96],
        [2, 98],
      ] as const) {
        for (let n = 0; n < 600; n++) {
          const bytes = n === 0 ? Buffer.from([0x65, 1]) : payload
          const packet = rtpPacket({ sequenceNumber: n, payloadType, payload: bytes })
          output?.tracks[index]?.push(Buffer.from(packet))
        }
      }
    }
    const { bytes, givenUp } = server.stats().gopCache
    expect(bytes).toBeLessThanOrEqual(totalBytes)
    expect(bytes).toBeGreaterThan(totalBytes / 2)
    expect(givenUp).toBeGreaterThan(0)
  })

  it('a stream that was given up is there for new viewers from its next key frame on', async () => {
    const server = await startServer({ gopCache: { totalBytes: 4 * mib } })
    const [client, viewer] = [await connectTo(server), await connectTo(server)]
    await publishTo(server, client, '/live/a', 1)
    await sendAll(client, keyFrame(0, 2 * mib, 1400))
    expect(server.stats().gopCache.bytes).toBeLessThan(mib)
    const key = rtpPacket({ sequenceNumber: 7, timestamp: 9000, payload: Buffer.from([0x65, 1]) })
    client.sendFrame(0, key)
    await expectOk(client, 'OPTIONS', '*')
    await play(viewer, urlOf(server, '/live/a'), ['TCP'])
    await until(() => viewer.frames.some(({ channel }) => channel === 0))
    expect(viewer.frames.find(({ channel }) => channel === 0)?.payload).toEqual(key)
  })

  it('0 keeps nothing', async () => {
    const server = await startServer({ gopCache: { totalBytes: 0 } })
    const client = await connectTo(server)
    await publishTo(server, client, '/live/a', 1)
    await sendAll(client, keyFrame(0, mib, 1400))
    expect(server.stats().gopCache.bytes).toBe(0)
  })
})
