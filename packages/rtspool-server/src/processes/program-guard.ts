import { type StartProgram, startProgram } from '../sources/exec/program.js'
import type { ProgramNotice } from './process-messages.js'

/**
 * Returns a function that starts programs of sources in a child process, and tells the parent of each start and end. A
 * child that is killed cannot end its programs, so the parent does it.
 *
 * @param tellParent - Sends a notice to the parent.
 * @param start - Starts the program; a test passes its own.
 */
export function announcedStart(
  tellParent: (notice: ProgramNotice) => void,
  start: StartProgram = startProgram,
): StartProgram {
  return (plan, listener, clock) => {
    const note = (isRunning: boolean): void => {
      const { pid } = program
      if (pid !== undefined) tellParent({ kind: 'program', pid, isRunning })
    }
    const program = start(
      plan,
      {
        stdout: (chunk) => listener.stdout(chunk),
        stderr: (chunk) => listener.stderr(chunk),
        ended: (end) => {
          note(false)
          listener.ended(end)
        },
      },
      clock,
    )
    note(true)
    return program
  }
}

/** Programs that the child processes run. Those of a child that has ended are killed. */
export class ProgramGuard {
  /** Process ids by number of the child. */
  readonly #running = new Map<number, Set<number>>()
  readonly #kill: (pid: number) => void

  /** @param kill - Kills a program and its process group; a test passes its own. */
  constructor(kill: (pid: number) => void = killGroup) {
    this.#kill = kill
  }

  /** Notes the start or the end of a program of a child. */
  note(child: number, { pid, isRunning }: ProgramNotice): void {
    const pids = this.#running.get(child) ?? new Set()
    if (isRunning) this.#running.set(child, pids.add(pid))
    else pids.delete(pid)
  }

  /**
   * Kills all programs of a child that has ended. A child that has ended in order has none.
   *
   * @returns The process ids of the programs.
   */
  end(child: number): readonly number[] {
    const pids = [...(this.#running.get(child) ?? [])]
    this.#running.delete(child)
    for (const pid of pids) this.#kill(pid)
    return pids
  }

  /** Kills the programs of all children. */
  endAll(): void {
    for (const child of [...this.#running.keys()]) this.end(child)
  }
}

/** Kills a program and the processes of its group. None may be left. */
function killGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // The child has killed it before its own end.
  }
}
