import { describe, expect, it, vi } from 'vitest'
import {
  type AccessUnit,
  MediaFactory,
  type MediaOutput,
  parseSdp,
  type RtspServer,
} from '../../../src/index.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import {
  connectTo,
  publish,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const h264Sdp = testSdp.replace('X-foo/90000', 'H264/90000')
const path = '/live/door'
const oneHourTicks = 3600 * 90_000

/** A picture of one slice; every fifth is a key frame. */
const picture = (n: number, sizeBytes = 100, laterTicks = 0) => {
  const payload = Buffer.alloc(sizeBytes, n)
  payload[0] = n % 5 === 0 ? 0x65 : 0x41
  payload[1] = 0x80
  return rtpPacket({ sequenceNumber: n, timestamp: n * 3000 + laterTicks, marker: true, payload })
}

async function publisherOf(server: RtspServer): Promise<RtspTestClient> {
  const publisher = await connectTo(server)
  await publish(publisher, urlOf(server, path), ['TCP'], h264Sdp)
  return publisher
}

/** Sends pictures and waits until the server has taken them. */
async function send(publisher: RtspTestClient, from: number, count: number, sizeBytes?: number) {
  for (let n = from; n < from + count; n++) publisher.sendFrame(0, picture(n, sizeBytes))
  await publisher.request('OPTIONS', '*')
}

/** Mounts a source that the test pushes to. @returns A function that returns its output, once it has started. */
function pushedAt(server: RtspServer, at: string): () => MediaOutput {
  let output: MediaOutput | undefined
  const source = () => ({
    description: parseSdp(h264Sdp),
    start(started: MediaOutput) {
      output = started
    },
    close() {},
  })
  server.mounts.add(at, new MediaFactory(source))
  return () => {
    if (!output) throw new Error('the source has not started')
    return output
  }
}

const readersOf = (server: RtspServer) =>
  [...server.media].map(({ tracks }) => tracks[0]?.readerCount)

describe('server.readEach', () => {
  it('visits the units from the last key frame on, and resolves with the end of the media', async () => {
    const server = await startServer()
    const publisher = await publisherOf(server)
    await send(publisher, 0, 8)
    const seen: (readonly [number, boolean, string])[] = []
    const visits = server.readEach(path, ({ timestamp, isKeyFrame, parts }) => {
      const bytes = Buffer.concat(parts).subarray(2)
      const isWhole = bytes.length === 98 && bytes.every((byte) => byte === timestamp / 3000)
      seen.push([timestamp / 3000, isKeyFrame, isWhole ? 'whole' : bytes.toString('hex')])
    })
    await until(() => seen.length === 3)
    await send(publisher, 8, 2)
    await publisher.close()
    await visits
    expect(seen).toEqual([5, 6, 7, 8, 9].map((n) => [n, n % 5 === 0, 'whole']))
    await until(() => server.media.size === 0)
  })

  it('visits what the source pushes in the turn in which it ends', async () => {
    const server = await startServer()
    const output = pushedAt(server, '/pushed')
    const seen: number[] = []
    const visit = ({ timestamp }: AccessUnit) => void seen.push(timestamp / 3000)
    const read = server.readEach('/pushed', visit, { from: 'now' })
    await until(() => readersOf(server)[0] === 1)
    for (let n = 0; n < 3; n++) output().tracks[0]?.push(picture(n))
    output().end()
    await read
    expect(seen).toEqual([0, 1, 2])
  })

  it('makes no unit while a promise of the function is pending, and leaves out what has no room', async () => {
    const server = await startServer({ gopCache: false })
    const publisher = await publisherOf(server)
    const seen: { n: number; missed: number; lost: number; isWhole: boolean }[] = []
    let goOn = (): void => {}
    const visits = server.readEach(
      path,
      async ({ timestamp, missedPackets: missed, lostPackets: lost, parts }) => {
        const n = timestamp / 3000
        if (n === 5) {
          await new Promise<void>((resolve) => {
            goOn = resolve
          })
        }
        const isWhole = parts.every((part) => part.subarray(2).every((byte) => byte === n))
        seen.push({ n, missed, lost, isWhole })
      },
      { maxQueuedBytes: 20_000 },
    )
    await until(() => readersOf(server)[0] === 1)
    await send(publisher, 3, 3)
    // Room for some 19 packets, each a batch of its own.
    for (let n = 6; n <= 60; n++) await send(publisher, n, 1, 900)
    expect(seen).toEqual([])
    goOn()
    await until(() => seen.length >= 15)
    await nextTurn()
    for (let n = 61; n <= 66; n++) await send(publisher, n, 1, 900)
    await until(() => seen.at(-1)?.n === 66)
    const numbers = seen.map(({ n }) => n)
    const resumed = numbers.indexOf(65)
    const last = numbers[resumed - 1] ?? 0
    expect(numbers).toEqual([...numbers.slice(0, resumed).map((_, at) => 5 + at), 65, 66])
    expect(seen[resumed]).toEqual({ n: 65, missed: 65 - last - 1, lost: 0, isWhole: true })
    expect(seen.every(({ isWhole }) => isWhole)).toBe(true)
    await publisher.close()
    await visits
  })

  it('has the times at which pictures arrived, though the timestamps jump before they are visited', async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock, gopCache: false })
    const publisher = await publisherOf(server)
    const [atOnce, later]: [unknown[], unknown[]] = [[], []]
    const shown = ({ timestamp, unixTimeMs }: AccessUnit) => [timestamp, unixTimeMs]
    let goOn = (): void => {}
    const reads = [
      server.readEach(path, (unit) => void atOnce.push(shown(unit)), { from: 'now' }),
      server.readEach(
        path,
        async (unit) => {
          if (later.push(shown(unit)) > 1) return
          await new Promise<void>((resolve) => {
            goOn = resolve
          })
        },
        { from: 'now' },
      ),
    ]
    await until(() => readersOf(server)[0] === 2)
    for (let n = 0; n < 8; n++) {
      publisher.sendFrame(0, picture(n, 100, n < 3 ? 0 : oneHourTicks))
      await publisher.request('OPTIONS', '*')
      clock.advance(1000 / 30)
    }
    expect([atOnce.length, later.length]).toEqual([8, 1])
    goOn()
    await until(() => later.length === 8)
    expect(later).toEqual(atOnce)
    expect(atOnce.every((each) => typeof (each as unknown[])[1] === 'number')).toBe(true)
    await publisher.close()
    await Promise.all(reads)
  })

  it('copies no packet for the queue where a promise follows the last one of a batch', async () => {
    const server = await startServer({ gopCache: false })
    const publisher = await publisherOf(server)
    const copies = vi.spyOn(PacketBatch.prototype, 'own')
    let visits = 0
    const read = server.readEach(path, async () => void visits++, { from: 'now' })
    await until(() => readersOf(server)[0] === 1)
    for (let n = 0; n < 5; n++) await send(publisher, n, 1)
    await until(() => visits === 5)
    expect(copies).not.toHaveBeenCalled()
    copies.mockRestore()
    await publisher.close()
    await read
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('disk full')
      },
    ],
    ['rejects', () => Promise.reject(new Error('disk full'))],
  ])('rejects with the error of a function that %s, and reads no more', async (_how, fail) => {
    const server = await startServer()
    const publisher = await publisherOf(server)
    await send(publisher, 0, 2)
    let visits = 0
    const read = server.readEach(path, () => {
      visits++
      return fail()
    })
    await expect(read).rejects.toThrow('disk full')
    await send(publisher, 2, 2)
    expect([visits, readersOf(server)]).toEqual([1, [0]])
  })

  it('ends with the reason of the signal: at once, before it begins, or after a pending promise', async () => {
    const server = await startServer()
    const publisher = await publisherOf(server)
    const [idle, busy] = [new AbortController(), new AbortController()]
    const waiting = server.readEach(path, () => {}, { signal: idle.signal })
    let isPending = false
    let goOn = (): void => {}
    const pending = server.readEach(
      path,
      () => {
        isPending = true
        return new Promise<void>((resolve) => {
          goOn = resolve
        }).finally(() => {
          isPending = false
        })
      },
      { signal: busy.signal },
    )
    await send(publisher, 0, 2)
    await until(() => isPending)
    idle.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    busy.abort(new Error('enough too'))
    await nextTurn()
    expect(readersOf(server)).toEqual([1])
    goOn()
    await expect(pending).rejects.toThrow('enough too')
    expect([isPending, readersOf(server)]).toEqual([false, [0]])
    const { signal } = idle
    await expect(server.readEach(path, () => {}, { signal })).rejects.toThrow('enough')
  })

  it('ends inside the function that aborts, though further units have arrived', async () => {
    const server = await startServer()
    const output = pushedAt(server, '/pushed')
    const control = new AbortController()
    const seen: number[] = []
    const visit = ({ timestamp }: AccessUnit) => {
      seen.push(timestamp / 3000)
      control.abort(new Error('enough'))
    }
    const read = server.readEach('/pushed', visit, { from: 'now', signal: control.signal })
    const end = expect(read).rejects.toThrow('enough')
    await until(() => readersOf(server)[0] === 1)
    for (let n = 0; n < 3; n++) output().tracks[0]?.push(picture(n))
    await end
    expect(seen).toEqual([0])
  })

  it('rejects as the answer to a viewer does', async () => {
    const server = await startServer()
    const broken = () => {
      throw new Error('no camera')
    }
    server.mounts.add('/broken', new MediaFactory(broken))
    const visit = () => {}
    await expect(server.readEach('/nothing', visit)).rejects.toThrow('nothing is mounted')
    await expect(server.readEach('/broken', visit)).rejects.toThrow('the source of /broken failed')
    expect(server.media.size).toBe(0)
  })

  it('refuses wrong arguments at once', async () => {
    const server = await startServer()
    const read = server.readEach.bind(server) as (...values: unknown[]) => unknown
    expect(() => read(path, 'visit')).toThrow('visit must be a function, got string')
    expect(() => read(7, () => {})).toThrow('path must be')
    expect(() => read(path, () => {}, { form: 'now' })).toThrow("did you mean 'from'?")
  })
})
