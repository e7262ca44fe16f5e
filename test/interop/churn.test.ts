import { readdirSync } from 'node:fs'
import { fileMedia } from 'rtspool/file'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { until } from './support/process.js'
import type { Transport } from './support/publishers.js'
import { type RunningLibrary, startServer, testClip } from './support/server.js'
import { type Leaving, Viewer } from './support/viewer.js'

const viewers = 200
const durationMs = 30_000
const timeoutSeconds = 2
const extraTimeoutSeconds = 1
/** How late the pool may notice that a session is over. */
const toleranceSeconds = 0.25
const longestStayMs = 2500
const keepAliveMs = 800

/** Half of the viewers say goodbye; the others close the socket, reset it, or are never heard of again. */
const leavings: readonly Leaving[] = [
  'teardown',
  'teardown',
  'teardown',
  'close',
  'reset',
  'vanish',
]

let running: RunningLibrary

beforeAll(async () => {
  running = await startServer({
    pool: { timeout: timeoutSeconds, extraTimeout: extraTimeoutSeconds },
    idleTimeout: timeoutSeconds,
    udpLiveness: 'client',
    // On a busy machine, the guard would close connections between two requests.
    overload: false,
  })
  running.server.mounts.add('/churn', fileMedia(testClip, { loop: true, lingerSeconds: 0 }))
})
afterAll(() => running.close())

/** What this process holds, by kind. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = { fd: readdirSync('/proc/self/fd').length }
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

function isSame(a: Record<string, number>, b: Record<string, number>): boolean {
  const kinds = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...kinds].every((kind) => (a[kind] ?? 0) === (b[kind] ?? 0))
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T
}

/** Comes and goes until the time is up. @returns The packets it saw, one number a stay. */
async function comeAndGo(url: string, deadline: number, vanished: Viewer[]): Promise<number[]> {
  const seen: number[] = []
  await settle(Math.random() * 2000, 'viewers begin one after another')
  while (performance.now() < deadline) {
    const transport = pick<Transport>(['tcp', 'udp'])
    const viewer = await Viewer.join(url, transport)
    const leaveAt = performance.now() + Math.random() * longestStayMs
    while (performance.now() < leaveAt) {
      await settle(Math.min(keepAliveMs, leaveAt - performance.now()), 'a viewer plays')
      viewer.keepAlive()
    }
    const leaving = pick(leavings)
    // A connection that is open and acknowledges what it is sent keeps its interleaved session.
    const how = leaving === 'vanish' && transport === 'tcp' ? 'reset' : leaving
    await viewer.leave(how)
    if (how === 'vanish') vanished.push(viewer)
    seen.push(viewer.packets)
    await settle(Math.random() * 500, 'a viewer stays away')
  }
  return seen
}

test(`${viewers} viewers come and go for ${durationMs / 1000} s and leave nothing behind`, {
  timeout: durationMs + 30_000,
  skip: process.platform !== 'linux',
}, async () => {
  const { server } = running
  const url = `${running.url}/churn`
  const hasNone = (): boolean => {
    const { connections, sessions } = server.stats()
    return connections === 0 && sessions === 0
  }
  // A failed try may have left some that end by their timeouts.
  await until(hasNone, 10_000)
  // Once before counting, for what the process creates at first use.
  await (await Viewer.join(url, 'udp')).leave('teardown')
  await (await Viewer.join(url, 'tcp')).leave('teardown')
  await until(hasNone, 5000)
  await settle(100, 'the kernel closes sockets at its own pace')
  const before = resources()

  const vanished: Viewer[] = []
  const deadline = performance.now() + durationMs
  const all = await Promise.allSettled(
    Array.from({ length: viewers }, () => comeAndGo(url, deadline, vanished)),
  )
  const failed = all.find((result) => result.status === 'rejected')
  if (failed) await Promise.all(vanished.map((viewer) => viewer.closed()))
  expect(failed?.reason).toBeUndefined()
  const stays = all.map((result) => (result.status === 'fulfilled' ? result.value : []))
  const leftAt = performance.now()
  const limitMs = (timeoutSeconds + extraTimeoutSeconds + toleranceSeconds) * 1000
  expect(await until(() => server.pool.size === 0, limitMs + 1000)).toBe(true)
  expect(performance.now() - leftAt).toBeLessThanOrEqual(limitMs)

  // A busy machine lets them come a third as often.
  expect(stays.flat().length).toBeGreaterThan(viewers * 2)
  expect(vanished.length).toBeGreaterThan(viewers / 8)
  await Promise.all(vanished.map((viewer) => viewer.closed()))
  await until(() => isSame(resources(), before), 5000)
  expect(server.stats()).toMatchObject({ connections: 0, sessions: 0, udpPeers: 0, channels: 0 })
  expect(resources()).toEqual(before)

  const packets = stays.flat().reduce((sum, count) => sum + count, 0)
  expect(packets).toBeGreaterThan(stays.flat().length * 20)
})
