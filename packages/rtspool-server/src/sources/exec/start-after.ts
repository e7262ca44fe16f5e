import type { RunningProgram, StartProgram } from './program.js'

/**
 * Returns a function that starts a program once the former program of the path has ended, because both may use the same
 * camera.
 *
 * @param ended - Promise of that end; `undefined` = there is no former program.
 */
export function startAfter(ended: Promise<void> | undefined, start: StartProgram): StartProgram {
  if (!ended) return start
  let isFree = false
  const free = ended.then(() => {
    isFree = true
  })
  return (plan, listener, clock) => {
    if (isFree) return start(plan, listener, clock)
    let program: RunningProgram | undefined
    let isStopped = false
    void free.then(() => {
      if (isStopped) listener.ended({ code: null, signal: null, notStarted: undefined })
      else program = start(plan, listener, clock)
    })
    return {
      get pid() {
        return program?.pid
      },
      stop: () => {
        isStopped = true
        program?.stop()
      },
    }
  }
}
