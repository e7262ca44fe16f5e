import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Runs the garbage collector, so that a measurement excludes unused memory. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  gc()
  // The first one frees the memory of buffers on another thread, for which the second waits.
  gc()
}
