import { Worker } from 'node:worker_threads'
import type { StartThread } from './thread-pool.js'
import { workerUrl } from './worker-url.js'

/**
 * Message of a send thread (worker) to the event loop. `ready` = the worker can send; `news` = the worker has written
 * reports, or handled entries for which the event loop waits.
 */
export type WorkerMessage = 'ready' | 'news'

/**
 * Starts a send thread as a worker of Node. It does not keep the process alive.
 *
 * @returns `undefined` if Node refuses workers, as with `--permission` without `--allow-worker`.
 */
export const startWorker: StartThread = (thread, { ready, noticed, ended }) => {
  let worker: Worker
  try {
    worker = new Worker(workerUrl, {
      workerData: thread.memory,
      name: 'rtspool-send',
      // Some options of the process are not for files, such as `--input-type`. The process has already warned of
      // `node:ffi`, if it uses that.
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // Almost everything is in the shared memory.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
  } catch {
    return undefined
  }
  let failure: Error | undefined
  worker.on('message', (message: WorkerMessage) => {
    if (message === 'ready') ready()
    else noticed()
  })
  worker.on('error', (error: Error) => {
    failure = error
  })
  worker.on('exit', () => ended(failure))
  worker.unref()
  return worker
}
