/** Waiting, in real time: trials meet real processes. */
import { setTimeout as sleep } from 'node:timers/promises'

export { sleep }

/** Waits until a condition holds. @returns Whether it does, at the latest after `ms`. */
export async function waitUntil(condition, ms = 5_000) {
  const end = performance.now() + ms
  while (!condition()) {
    if (performance.now() > end) return false
    await sleep(10)
  }
  return true
}

/** Returns the value of a promise, or `late` if it takes longer than `ms`. */
export function within(promise, ms, late = undefined) {
  const timeout = new AbortController()
  const expired = sleep(ms, late, { signal: timeout.signal }).catch(() => late)
  return Promise.race([promise, expired]).finally(() => timeout.abort())
}
