import type { RtspClient } from '../../src/client/index.js'
import type { ClockTimer } from '../../src/clock.js'
import type { ManualClock } from '../../src/testing/manual-clock.js'
import { nextTurn } from './until.js'

/** Longest time in milliseconds of the client's clock that any conversation may take. */
const longestMs = 600_000

/** Steps that a program may take with a client. */
export const steps: readonly ((client: RtspClient) => Promise<unknown>)[] = [
  (client) => client.play(),
  (client) => client.pause(),
  (client) => client.seek(3),
  (client) => client.getParameters(['a']),
  (client) => client.setParameters({ a: 'b' }),
  (client) => client.packets({ maxQueuedBytes: 1000 }).next(),
  (client) => client.accessUnits({ maxQueuedBytes: 1000 }).next(),
]

/** Waits for a step; an iteration may wait for packets as long as the client is open. */
export async function atMost(
  ms: number,
  step: Promise<unknown>,
  clock: ManualClock,
): Promise<void> {
  let timer: ClockTimer | undefined
  const late = new Promise((resolve) => {
    timer = clock.schedule(() => resolve(undefined), ms)
  })
  step.catch(() => undefined)
  try {
    await Promise.race([step, late])
  } finally {
    timer?.cancel()
  }
}

/**
 * Runs a conversation to its end, while the time goes on whenever nothing else happens.
 *
 * @param quietTurns - Turns of the event loop after which time goes on: more for bytes that pass other sockets.
 * @returns The error of the conversation; `undefined` without one.
 */
export async function settledOf(
  work: Promise<void>,
  clock: ManualClock,
  quietTurns = 3,
): Promise<unknown> {
  let outcome: { readonly error: unknown } | undefined
  work.then(
    () => {
      outcome = { error: undefined }
    },
    (error) => {
      outcome = { error }
    },
  )
  const begun = clock.now()
  while (!outcome) {
    await nextTurn(quietTurns)
    clock.advance(250)
    if (clock.now() - begun > longestMs) throw new Error('the conversation does not end')
  }
  return outcome.error
}
