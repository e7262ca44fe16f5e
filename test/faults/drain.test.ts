import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { endPrograms, Program, until } from '../interop/support/process.js'
import { noteFigures } from './support/figures.js'
import { isLong } from './support/flood.js'
import { RtspPeer, sessionIdOf } from './support/rtsp-peer.mjs'

const command = fileURLToPath(new URL('../../packages/rtspool-server/lib/main.js', import.meta.url))
const host = '127.0.0.1'
const viewers = isLong ? 500 : 100
const drainSeconds = isLong ? 20 : 5
/** Milliseconds between two newcomers while the server drains. */
const newcomerEveryMs = 100
/** Milliseconds after the drain for the last goodbyes and the end of the process. */
const graceMs = 3000
const percent95 = 0.95

afterAll(endPrograms)

async function start(): Promise<{ server: Program; port: number }> {
  const limits = ['--max-sessions', '0', '--max-sessions-per-address', '0']
  const args = ['--host', host, '--port', '0', '--drain-seconds', `${drainSeconds}`, ...limits]
  const server = new Program(process.execPath, [command, ...args])
  await until(() => server.stdout.includes('listens') || !server.isRunning, 20_000)
  const port = Number(/listens on rtsp:\/\/[^\s]*?:(\d+)/.exec(server.stdout)?.[1])
  if (!port) throw new Error(`the command did not start: ${server.stderr}`)
  return { server, port }
}

/** A viewer of the pictures of `/test`, and what it has seen. */
interface Viewer {
  readonly peer: RtspPeer
  packets: number
  gaps: number
  /** Time of the BYE, in milliseconds of `performance.now`. */
  byeAt: number | undefined
}

const bye = 203

async function play(port: number): Promise<Viewer> {
  const url = `rtsp://${host}:${port}/test`
  const peer = await RtspPeer.connect({ host, port })
  const Transport = 'RTP/AVP/TCP;unicast;interleaved=0-1'
  const answer = await peer.expectOk('SETUP', `${url}/trackID=0`, { Transport })
  const viewer: Viewer = { peer, packets: 0, gaps: 0, byeAt: undefined }
  let next: number | undefined
  peer.onFrame = (channel, payload) => {
    if (channel === 1) {
      if (hasBye(payload)) viewer.byeAt ??= performance.now()
      return
    }
    const number = payload.readUInt16BE(2)
    if (next !== undefined && number !== next) viewer.gaps++
    next = (number + 1) & 0xffff
    viewer.packets++
  }
  await peer.expectOk('PLAY', url, { Session: sessionIdOf(answer) })
  return viewer
}

/** Returns whether a compound RTCP packet contains a BYE. */
function hasBye(bytes: Buffer): boolean {
  for (let at = 0; at + 4 <= bytes.length; at += 4 * (bytes.readUInt16BE(at + 2) + 1)) {
    if (bytes[at + 1] === bye) return true
  }
  return false
}

/** Tries to get a session, again and again. @returns The heads of the answers. */
function newcomers(port: number) {
  const heads: string[] = []
  let isOver = false
  const come = async (): Promise<void> => {
    while (!isOver) {
      const peer = await RtspPeer.connect({ host, port }).catch(() => undefined)
      const url = `rtsp://${host}:${port}/test/trackID=0`
      const Transport = 'RTP/AVP/TCP;unicast;interleaved=0-1'
      const answer = await peer?.request('SETUP', url, { Transport }).catch(() => undefined)
      if (answer) heads.push(answer.head)
      peer?.close()
      await settle(newcomerEveryMs, 'the next newcomer')
    }
  }
  const done = come()
  return {
    heads,
    stop: () => {
      isOver = true
      return done
    },
  }
}

describe('SIGTERM with viewers', { tags: 'B-DRAIN' }, () => {
  test(`lets ${viewers} viewers leave one after the other`, {
    timeout: (drainSeconds + 90) * 1000,
  }, async () => {
    const { server, port } = await start()
    const all: Viewer[] = []
    while (all.length < viewers) all.push(await play(port))
    expect(await until(() => all.every(({ packets }) => packets > 0), 20_000)).toBe(true)
    const begin = performance.now()
    server.kill('SIGTERM')
    expect(await until(() => server.stderr.includes('draining'), 5000)).toBe(true)
    const crowd = newcomers(port)
    const status = await server.ended(drainSeconds * 1000 + graceMs)
    const seconds = (performance.now() - begin) / 1000
    await crowd.stop()
    for (const { peer } of all) peer.close()
    const left = all.flatMap(({ byeAt }) => (byeAt === undefined ? [] : [byeAt - begin]))
    left.sort((one, other) => one - other)
    const pauses = left.slice(1).map((at, index) => at - (left[index] ?? at))
    const most = Math.max(...leaversOfEachSecond(left))
    const gaps = all.reduce((sum, viewer) => sum + viewer.gaps, 0)
    const served = crowd.heads.filter(
      (head) => !/^RTSP\/1\.0 503 [\s\S]*^Retry-After: \d+/m.test(head),
    )
    const even = viewers / drainSeconds
    noteFigures(`drain of ${viewers} viewers in ${drainSeconds} s`, [
      { what: 'exit code', measured: status, wanted: '0' },
      {
        what: 'seconds to the end',
        measured: seconds.toFixed(1),
        wanted: `<= ${drainSeconds + 1}`,
      },
      { what: 'viewers with a BYE', measured: left.length, wanted: `${viewers}` },
      { what: 'most that left in one second', measured: most, wanted: `${even} on average` },
      { what: 'longest pause between two, ms', measured: Math.max(...pauses).toFixed(0) },
      { what: 'packets missing before the BYE', measured: gaps, wanted: '0' },
      { what: 'newcomers with 503 and Retry-After', measured: crowd.heads.length - served.length },
      { what: 'newcomers with another answer', measured: served.length, wanted: '0' },
    ])
    expect(status).toBe(0)
    expect(left).toHaveLength(viewers)
    expect(gaps).toBe(0)
    expect(served).toEqual([])
    expect(crowd.heads.length).toBeGreaterThan(drainSeconds)
    expect(left.at(-1)).toBeLessThanOrEqual(drainSeconds * 1000 + graceMs)
    expect(left.at(-1)).toBeGreaterThan(drainSeconds * 1000 * percent95 - 1000)
    // A crowd that leaves at once comes back at once.
    expect(most).toBeLessThanOrEqual(2 * even)
  })
})

/** Counts those who left in each second after the signal. */
function leaversOfEachSecond(times: readonly number[]): number[] {
  const counts: number[] = []
  for (const time of times) {
    const second = Math.floor(time / 1000)
    counts[second] = (counts[second] ?? 0) + 1
  }
  return Object.values(counts)
}
