import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { endPrograms, Program, until } from '../interop/support/process.js'
import { noteFigures } from './support/figures.js'
import { nowUs, percentile } from './support/rtp-stamp.mjs'
import { RtspPeer, sessionIdOf } from './support/rtsp-peer.mjs'

const program = fileURLToPath(new URL('./support/overloaded-server.mjs', import.meta.url))
/** Megabytes of the heap: what one write for each slow viewer costs fills it within seconds. */
const heapMb = 96
const slowViewers = 100
const fastViewers = 4
const holdSeconds = 8
/** Longest time to fill the heap, on a machine that does other things as well. */
const fillMs = 100_000
const probeEveryMs = 250
/**
 * Milliseconds that 99 % of the packets and half of the newcomers may be late. The full heap is collected again and again,
 * and a machine that does other things as well is slow at it.
 */
const lateLimitMs = 5_000
const rtpHeaderBytes = 12
const host = '127.0.0.1'

afterAll(endPrograms)

/** The last figures that the server printed. */
interface Figures {
  readonly heapMb: number
  readonly level?: string
  readonly peak: number
  readonly sessions: number
  readonly overload: number
  readonly refusedSetups?: number
}

const linesOf = (text: string): Figures[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line))

async function start(mode: 'guard' | 'none'): Promise<{ server: Program; port: number }> {
  const node = [process.execPath, `--max-old-space-size=${heapMb}`, program, mode]
  // A process that dies for want of memory would leave its image behind.
  const server = new Program('sh', ['-c', 'ulimit -c 0 && exec "$@"', 'sh', ...node], {
    hasInput: true,
  })
  await until(() => server.stdout.includes('listening') || !server.isRunning)
  const port = Number(/listening (\d+)/.exec(server.stdout)?.[1])
  if (!port) throw new Error(`the server did not start: ${server.stderr}`)
  return { server, port }
}

/** A viewer of the flood. @returns Its connection. */
async function play(port: number) {
  const url = `rtsp://${host}:${port}/flood`
  const peer = await RtspPeer.connect({ host, port })
  const Transport = 'RTP/AVP/TCP;unicast;interleaved=0-1'
  const answer = await peer.expectOk('SETUP', `${url}/trackID=0`, { Transport })
  await peer.expectOk('PLAY', url, { Session: sessionIdOf(answer) })
  return peer
}

/** Counts packets, and gaps between their sequence numbers, and measures their delays in milliseconds. */
function follow(peer: RtspPeer) {
  const seen = { packets: 0, gaps: 0, delays: [] as number[] }
  let next: number | undefined
  peer.onFrame = (channel, payload) => {
    if (channel !== 0) return
    const number = payload.readUInt16BE(2)
    if (next !== undefined && number !== next) seen.gaps++
    next = (number + 1) & 0xffff
    seen.packets++
    seen.delays.push((nowUs() - payload.readDoubleBE(rtpHeaderBytes)) / 1000)
  }
  return seen
}

/** Newcomers who ask for a description, one after the other. @returns Their waits in milliseconds. */
async function probe(port: number): Promise<number[]> {
  const waits: number[] = []
  const end = performance.now() + holdSeconds * 1000
  while (performance.now() < end) {
    const begun = performance.now()
    const peer = await RtspPeer.connect({ host, port })
    await peer.expectOk('DESCRIBE', `rtsp://${host}:${port}/flood`)
    waits.push(performance.now() - begun)
    peer.close()
    await settle(probeEveryMs, 'the next newcomer')
  }
  return waits
}

/** Viewers that read, and viewers that have stopped reading. */
async function crowd(port: number) {
  const fast = await Promise.all(Array.from({ length: fastViewers }, () => play(port)))
  const seen = fast.map(follow)
  const slow = await Promise.all(Array.from({ length: slowViewers }, () => play(port)))
  for (const { socket } of slow) socket.pause()
  const close = (): void => {
    for (const peer of [...fast, ...slow]) peer.close()
  }
  return { fast, seen, close }
}

describe('a heap that fills with the queues of slow viewers', { tags: 'B-LOAD' }, () => {
  test('ends a server without the guard', { timeout: 150_000 }, async () => {
    const { server, port } = await start('none')
    const { close } = await crowd(port)
    const begin = performance.now()
    await until(() => !server.isRunning, fillMs)
    const seconds = ((performance.now() - begin) / 1000).toFixed(1)
    close()
    const last = linesOf(server.stdout).at(-1)
    noteFigures(`${slowViewers} viewers that read nothing, no guard, heap of ${heapMb} MB`, [
      { what: 'process', measured: `ended after ${seconds} s` },
      { what: 'heap at the last look, MB', measured: last?.heapMb ?? 'unknown' },
    ])
    expect(server.isRunning).toBe(false)
    expect(server.stderr).toContain('heap')
  })

  test('leaves a server with the guard running, its other viewers complete', {
    timeout: 150_000,
  }, async () => {
    const { server, port } = await start('guard')
    const { fast, seen, close } = await crowd(port)
    const isOverloaded = () => (linesOf(server.stdout).at(-1)?.overload ?? 0) > 0
    expect(await until(() => isOverloaded() || !server.isRunning, fillMs)).toBe(true)
    for (const { delays } of seen) delays.length = 0
    const waits = await probe(port)
    expect(server.isRunning, server.stderr.slice(-300)).toBe(true)
    const delay = percentile(
      seen.flatMap(({ delays }) => delays),
      0.99,
    )
    const wait = percentile(waits, 0.5)
    for (const peer of fast) await peer.expectOk('OPTIONS', `rtsp://${host}:${port}/flood`)
    close()
    server.endInput()
    expect(await server.ended(10_000)).toBe(0)
    const figures = linesOf(server.stdout)
    const most = Math.max(...figures.map(({ heapMb: mb }) => mb))
    const last = figures.at(-1)
    const packets = seen.map((each) => each.packets)
    const gaps = seen.reduce((sum, each) => sum + each.gaps, 0)
    noteFigures(`${slowViewers} viewers that read nothing, guard, heap of ${heapMb} MB`, [
      { what: 'process', measured: `alive after ${holdSeconds} s of overload`, wanted: 'alive' },
      { what: 'heap at most, MB', measured: most, wanted: `< ${heapMb}` },
      { what: 'pressure at most', measured: last?.peak.toFixed(2) ?? 'unknown' },
      { what: 'slow viewers that left with overload', measured: last?.overload ?? 0 },
      { what: 'packets missing of viewers that read', measured: gaps, wanted: '0' },
      { what: 'packets of each viewer that reads', measured: packets.join(', ') },
      { what: 'their delay, p99, ms', measured: delay.toFixed(1), wanted: `<= ${lateLimitMs}` },
      {
        what: 'wait of newcomers, median, ms',
        measured: wait.toFixed(1),
        wanted: `<= ${lateLimitMs}`,
      },
    ])
    expect(delay).toBeLessThanOrEqual(lateLimitMs)
    expect(wait).toBeLessThanOrEqual(lateLimitMs)
    expect(seen.map(({ gaps }) => gaps)).toEqual(Array(fastViewers).fill(0))
    expect(Math.min(...packets)).toBeGreaterThan(holdSeconds * 50)
    expect(last?.overload).toBeLessThanOrEqual(slowViewers)
  })
})
