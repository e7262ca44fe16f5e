import { TestRunner } from 'vitest'
import type { ManualClock } from '../../src/testing/manual-clock.js'

// The only timers of tests: a lint rule refuses them elsewhere, so that every test waits the same way.

/** Milliseconds that a send thread has in each turn; 0 without send threads. */
const threadMs = process.env.TEST_SEND_THREADS === undefined ? 0 : 2

/** Waits for turns of the event loop, in which Node reads sockets and sends queued packets. */
export async function nextTurn(turns = 1): Promise<void> {
  if (threadMs > 0) await settle(threadMs * turns, 'a send thread runs beside the event loop')
  for (let turn = 0; turn < turns; turn++) {
    // biome-ignore lint/style/noRestrictedGlobals: the one place for it
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/**
 * Waits in real time for a program or a kernel that no test can ask whether it is ready.
 *
 * @param _reason - Explains why no condition of {@link until} can tell.
 */
export function settle(ms: number, _reason: string): Promise<void> {
  // biome-ignore lint/style/noRestrictedGlobals: the one place for it
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/**
 * Waits until `isDone` returns true, and runs `between` before it asks again.
 *
 * @returns Whether that was within `withinMs`.
 */
export async function cameTrue(
  isDone: () => boolean,
  withinMs: number,
  between: () => unknown,
): Promise<boolean> {
  const giveUpAt = performance.now() + withinMs
  while (!isDone()) {
    if (performance.now() > giveUpAt) return false
    await between()
  }
  return true
}

/**
 * Waits until `isDone` returns true; throws after four fifths of the time that the test has.
 *
 * @param between - Runs before each other look: by default one turn of the event loop.
 */
export async function until(
  isDone: () => boolean,
  between: () => unknown = nextTurn,
): Promise<void> {
  const withinMs = 0.8 * (TestRunner.getCurrentTest()?.timeout ?? 10_000)
  if (await cameTrue(isDone, withinMs, between)) return
  throw new Error(`never came true: ${isDone}`)
}

/** Returns what {@link until} runs between two looks where a fake clock has to move as well. */
export const advancing = (clock: ManualClock, ms: number) => async (): Promise<void> => {
  await nextTurn()
  clock.advance(ms)
}
