import type { Clock } from '../../clock.js'
import { Diagnostic } from '../../listeners.js'
import { usableProcessors } from '../system/control-groups.js'
import type { NativeSockets } from '../system/native-sockets.js'
import type { ThreadCalls } from './duplicates.js'
import { SendThreads } from './send-threads.js'
import { startWorker } from './start-worker.js'

/** Highest number of send threads that the option `sendThreads` with the value `'auto'` allows. */
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
 * Returns the number of threads for the option `sendThreads` with the value `'auto'`: one less than the processors
 * that the process may use, at most 8. With a single processor there are none.
 */
export const automaticThreads = (processors = usableProcessors()): number =>
  Math.min(processors - 1, maxAutomatic)

/**
 * Creates the send threads of a server. The threads start when a group of viewers needs them.
 *
 * @param native - Native calls; without them there are no threads.
 * @param maxThreads - Number of threads; 0 = none.
 * @param maxDescriptors - Maximum number of descriptors that the threads duplicate, one for each TCP viewer.
 * @returns `undefined` if there are no threads.
 */
export function createSendThreads(
  native: NativeSockets | undefined,
  clock: Clock,
  maxThreads: number,
  maxDescriptors = Number.POSITIVE_INFINITY,
): SendThreads | undefined {
  const { handOverFrom, splitFrom, minThreads, stallMs } = sendThreadDefaults
  const count = Math.max(maxThreads, minThreads)
  if (!native || count === 0) return undefined
  return new SendThreads({
    clock,
    calls: limitedCalls(native, maxDescriptors),
    start: startWorker,
    maxThreads: count,
    handOverFrom,
    splitFrom,
    stallMs,
    onFailure: (error) => sendThreadFailed.publish({ error }),
  })
}

/** Returns the calls, which refuse to duplicate a descriptor while `most` duplicates are open. */
function limitedCalls(calls: ThreadCalls, most: number): ThreadCalls {
  let open = 0
  return {
    duplicate(descriptor) {
      const duplicate = open < most ? calls.duplicate(descriptor) : -1
      if (duplicate >= 0) open++
      return duplicate
    },
    close(descriptor) {
      open--
      calls.close(descriptor)
    },
  }
}

/** Defaults of send threads. Tests change them, so that threads send to every viewer of every server. */
export const sendThreadDefaults = {
  /**
   * Minimum number of viewers in a group to whom threads send. With half as many or fewer, the event loop sends again.
   */
  handOverFrom: 16,
  /**
   * Number of viewers that each thread serves before a further one is started or used. To wake a thread costs as much
   * as some sends.
   */
  splitFrom: 160,
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
