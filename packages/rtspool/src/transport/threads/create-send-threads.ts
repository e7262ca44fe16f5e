import { availableParallelism } from 'node:os'
import type { Clock } from '../../clock.js'
import { Diagnostic } from '../../listeners.js'
import type { NativeSockets } from '../system/native-sockets.js'
import { SendThreads } from './send-threads.js'
import { startWorker } from './start-worker.js'

/** Highest number of send threads that `'auto'`, the default of the option `sendThreads`, starts. */
const maxAutomatic = 8

/**
 * Message on the diagnostics channel `rtspool:send-thread-failed`: a thread that sends packets to viewers has failed.
 */
export interface FailedSendThread {
  /** Reason why the send thread has failed. */
  readonly error: Error
}

const sendThreadFailed = new Diagnostic<FailedSendThread>(
  'rtspool:send-thread-failed',
  'RTSPOOL_SEND_THREAD_FAILED',
  () => 'a send thread has failed; the connections of its TCP viewers end',
)

/**
 * Returns the number of threads for the option `sendThreads`. `'auto'` = one less than the processors that the process
 * may use, at most 8.
 */
export const sendThreadCount = (option: number | 'auto'): number =>
  option === 'auto' ? Math.min(availableParallelism() - 1, maxAutomatic) : option

/**
 * Creates the send threads of a server. The threads start when a group of viewers needs them.
 *
 * @param native - Native calls; without them there are no threads.
 * @param maxThreads - Number of threads; 0 = none.
 * @returns `undefined` if there are no threads.
 */
export function createSendThreads(
  native: NativeSockets | undefined,
  clock: Clock,
  maxThreads: number,
): SendThreads | undefined {
  const { handOverFrom, minThreads, stallMs } = sendThreadDefaults
  const count = Math.max(maxThreads, minThreads)
  if (!native || count === 0) return undefined
  return new SendThreads({
    clock,
    calls: native,
    start: startWorker,
    maxThreads: count,
    handOverFrom,
    stallMs,
    onFailure: (error) => sendThreadFailed.publish({ error }),
  })
}

/** Defaults of send threads. Tests change them, so that threads send to every viewer of every server. */
export const sendThreadDefaults = {
  /**
   * Minimum number of viewers in a group to whom threads send. With half as many or fewer, the event loop sends again.
   */
  handOverFrom: 16,
  /** Minimum number of threads of a server, even if the option `sendThreads` is lower. */
  minThreads: 0,
  /** True to start the threads with the server, not with the first group that needs threads. */
  startsEarly: false,
  /**
   * Milliseconds after which a thread that has work and handles none counts as failed. With a fake clock, time passes
   * while a thread does nothing.
   */
  stallMs: 10_000,
}
