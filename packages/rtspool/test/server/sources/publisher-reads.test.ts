import { describe, expect, it, onTestFinished } from 'vitest'
import type { ReadOptions, RtspServer } from '../../../src/index.js'
import { scene } from '../../support/scene.js'
import { connectTo, play, rtpPacket } from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

/** Number of reads that are exact in any case, and the one after which bytes wait. */
const manyReads = 101
const intervalMs = 50

/** Reads the publication inside the process until the end of the test. */
function readInside(server: RtspServer, options: ReadOptions): void {
  const stopping = new AbortController()
  const reading = server.readEach('/live/cam', () => {}, { ...options, signal: stopping.signal })
  onTestFinished(async () => {
    stopping.abort()
    await reading.catch(() => {})
  })
}

/** A publisher with one reader in the process, after many reads. */
async function readScene(options: ReadOptions) {
  const { clock, server, publisher, publication, url } = await scene().publisher(['TCP']).start()
  readInside(server, options)
  await until(() => [...server.media][0]?.tracks[0]?.readerCount === 1)
  const bystander = await connectTo(server)
  const packetsRead = (): number => server.pool.get(publication)?.stats.packetsIn ?? 0
  let sent = 0
  const send = (): void =>
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: sent++, marker: true }))
  /** Sends a packet. @returns Whether it has been read by the time at which another client has its response. */
  const isReadAtOnce = async (): Promise<boolean> => {
    send()
    await bystander.request('OPTIONS', '*')
    await nextTurn(3)
    return packetsRead() === sent
  }
  for (let read = 0; read < manyReads; read++) {
    send()
    await until(() => packetsRead() === sent)
  }
  return { clock, server, publisher, url, packetsRead, isReadAtOnce }
}

describe('reads of a publisher', () => {
  it('wait for 50 ms while it is only recorded', async () => {
    const { clock, packetsRead, isReadAtOnce } = await readScene({ allowsDelay: true })
    clock.advance(intervalMs)
    // The read that follows the interval is exact: no bytes had waited.
    await isReadAtOnce()
    const before = packetsRead()
    expect(await isReadAtOnce()).toBe(false)
    expect(await isReadAtOnce()).toBe(false)
    clock.advance(intervalMs)
    await until(() => packetsRead() === before + 2)
  })

  it('do not wait for a reader that wants each unit at once', async () => {
    const { isReadAtOnce } = await readScene({})
    expect(await isReadAtOnce()).toBe(true)
    expect(await isReadAtOnce()).toBe(true)
  })

  it('do not wait once a viewer has joined, and wait again after it has left', async () => {
    const { clock, server, url, isReadAtOnce } = await readScene({ allowsDelay: true })
    const viewer = await connectTo(server)
    await play(viewer, url, ['TCP'])
    await isReadAtOnce()
    clock.advance(intervalMs)
    await isReadAtOnce()
    expect(await isReadAtOnce()).toBe(true)
    expect(await isReadAtOnce()).toBe(true)
    viewer.socket.destroy()
    await until(() => server.pool.size === 1)
    for (let read = 0; read < manyReads; read++) if (!(await isReadAtOnce())) break
    expect(await isReadAtOnce()).toBe(false)
  })

  it('answer a request of the publisher after at most 50 ms', async () => {
    const { clock, publisher } = await readScene({ allowsDelay: true })
    const answer = publisher.request('OPTIONS', '*')
    clock.advance(intervalMs)
    expect((await answer).statusCode).toBe(200)
  })

  it('end with the publisher, whose last bytes still wait', async () => {
    const { clock, server, publisher, isReadAtOnce } = await readScene({ allowsDelay: true })
    clock.advance(intervalMs)
    await isReadAtOnce()
    expect(await isReadAtOnce()).toBe(false)
    publisher.socket.destroy()
    await until(() => server.pool.size === 0)
  })
})
