import { setFlagsFromString } from 'node:v8'
import type { Worker } from 'node:worker_threads'

/**
 * Flag with which V8 does not enlarge the young generation of its heaps. V8 of Node 20 corrects the value 1 to 2 while
 * it creates a heap, and follows a value that is set later.
 */
const neverGrow = '--semi-space-growth-factor=1'

/** Options of V8 for the size of the young generation, in both spellings. */
const ownSize = /--(?:min|max)[-_]semi[-_]space[-_]size/

const holdSize = (): void => setFlagsFromString(neverGrow)
/** Sets the flag again after a thread has started, because the heap of the thread has changed it for the process. */
const holdAfterStart = (worker: Worker): void => void worker.once('online', holdSize)

/**
 * Keeps the young generation of V8's heap at its first size, 2 x 1 MiB. Otherwise it grows with the traffic to 2 x 16
 * MiB or more, and stays resident. A media server makes little garbage for each packet, so that the small size costs no
 * CPU time. Call this function before most modules are loaded, because to load them enlarges the young generation.
 *
 * @param options - Options of this process for Node. A size of the young generation among them is left as it is.
 * @returns A function that allows further growth again; `undefined` if nothing was changed.
 */
export function limitYoungGeneration(
  options: string = [...process.execArgv, process.env.NODE_OPTIONS].join(' '),
): (() => void) | undefined {
  if (ownSize.test(options)) return undefined
  holdSize()
  process.on('worker', holdAfterStart)
  return () => {
    process.off('worker', holdAfterStart)
    setFlagsFromString('--semi-space-growth-factor=2')
  }
}
