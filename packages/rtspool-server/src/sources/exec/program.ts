import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { type Clock, type ClockTimer, systemClock } from 'rtspool'
import { type ExecPlan, environmentOf } from './exec-plan.js'

/** End of a program: exit code, or the signal that has ended the program. Both are `null` for one that never ran. */
export interface ProgramEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Reason why the program could not be started; `undefined` if it ran. */
  readonly notStarted: string | undefined
}

/** Receiver of the output of a program, and of its end. */
export interface ProgramListener {
  stdout(chunk: Buffer): void
  stderr(chunk: Buffer): void
  /** Called once, when the program and all processes of its group have ended, or cannot be ended. */
  ended(end: ProgramEnd): void
}

/** Running program of a source, and the function to end it. */
export interface RunningProgram {
  readonly pid: number | undefined
  /** Ends the program and its process group: SIGTERM, then SIGKILL after `stopSeconds`. Idempotent. */
  stop(): void
}

/** Function that starts the program of a plan. The listener learns of a failure to start through `ended`. */
export type StartProgram = (
  plan: ExecPlan,
  listener: ProgramListener,
  clock: Clock,
) => RunningProgram

/** Milliseconds between two checks for processes of a program that still run. */
const pollMs = 50
/**
 * Milliseconds after SIGKILL for which the end of a program waits for its processes. A zombie that nobody reaps never
 * vanishes, nor does a process of another user.
 */
const vanishMs = 1_000
/**
 * Milliseconds for which an ended program's output is still read. A process outside its group may keep the pipes open.
 */
const drainMs = 1_000

const hasGroups = process.platform !== 'win32'

/** Programs that run. A listener for the exit of this process kills each of them. */
const running = new Set<Program>()

function killAll(): void {
  for (const program of running) program.kill()
}

/** A child process and its process group, to which the processes belong that it starts. */
class Program implements RunningProgram {
  readonly #child: ChildProcess
  readonly #listener: ProgramListener
  readonly #clock: Clock
  readonly #stopMs: number
  #timer: ClockTimer | undefined
  /** Time of SIGKILL in milliseconds of the monotonic clock; `undefined` before {@link stop}. */
  #killAt: number | undefined
  #end: Omit<ProgramEnd, 'notStarted'> | undefined
  #isOver = false
  /** True if the program has ended and its pipes are closed. */
  #isClosed = false

  constructor(plan: ExecPlan, listener: ProgramListener, clock: Clock) {
    const [file = '', ...args] = plan.command
    this.#listener = listener
    this.#clock = clock
    this.#stopMs = plan.stopSeconds * 1000
    this.#child = spawn(file, args, {
      cwd: plan.folder,
      env: environmentOf(plan, process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: a signal to the group reaches the processes that the program starts.
      detached: hasGroups,
      windowsHide: true,
    })
    if (running.size === 0) process.on('exit', killAll)
    running.add(this)
    this.#child.stdout?.on('data', (chunk: Buffer) => listener.stdout(chunk))
    this.#child.stderr?.on('data', (chunk: Buffer) => listener.stderr(chunk))
    this.#child.on('error', (error) => {
      if (this.#child.pid === undefined) this.#over(whyNotStarted(error, plan))
    })
    this.#child.on('exit', (code, signal) => this.#exited({ code, signal }))
    this.#child.on('close', () => {
      this.#isClosed = true
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  stop(): void {
    if (this.#killAt !== undefined || this.#isOver) return
    this.#killAt = this.#clock.now() + this.#stopMs
    this.#signal('SIGTERM')
    this.#poll()
  }

  /** Ends the program and its process group at once, by SIGKILL. */
  kill(): void {
    this.#signal('SIGKILL')
  }

  #exited(end: Omit<ProgramEnd, 'notStarted'>): void {
    this.#end = end
    // Processes that the program has started may go on, and keep the device or the pipe.
    if (this.#killAt === undefined) this.stop()
    else this.#look()
  }

  #poll(): void {
    this.#timer = this.#clock.schedule(() => this.#look(), pollMs, true)
  }

  #look(): void {
    this.#timer?.cancel()
    if (this.#isOver) return
    const isAlive = this.#signal(0)
    const lateMs = this.#clock.now() - (this.#killAt ?? 0)
    if ((this.#end && !isAlive) || lateMs > vanishMs) {
      this.#over(undefined)
      return
    }
    if (lateMs >= 0) this.#signal('SIGKILL')
    this.#poll()
  }

  /** Sends a signal to the process group; 0 sends none. @returns False if no process of the group is left. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this.#child
    if (pid === undefined || this.#isOver) return false
    if (!hasGroups) return this.#end === undefined && this.#child.kill(signal)
    try {
      process.kill(-pid, signal)
      return true
    } catch (error) {
      // EPERM: a process of the group belongs to another user.
      return (error as NodeJS.ErrnoException).code === 'EPERM'
    }
  }

  #over(notStarted: string | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer?.cancel()
    running.delete(this)
    if (running.size === 0) process.off('exit', killAll)
    const tell = (): void => {
      drain?.cancel()
      this.#child.off('close', tell)
      this.#release()
      this.#listener.ended({ code: null, signal: null, ...this.#end, notStarted })
    }
    const isDone = notStarted !== undefined || this.#isClosed
    const drain = isDone ? undefined : this.#clock.schedule(tell, drainMs, true)
    if (isDone) tell()
    else this.#child.on('close', tell)
  }

  /** Closes this end of the pipes, so that the program no longer keeps this process running. */
  #release(): void {
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    this.#child.unref()
  }
}

/** Starts a program, with its arguments as they are: no shell reads them. */
export const startProgram: StartProgram = (plan, listener, clock = systemClock) => {
  try {
    return new Program(plan, listener, clock)
  } catch (error) {
    // Only some errors are events: others, such as ENOTDIR and ENOMEM, are thrown.
    const notStarted = whyNotStarted(error as NodeJS.ErrnoException, plan)
    queueMicrotask(() => listener.ended({ code: null, signal: null, notStarted }))
    return { pid: undefined, stop: () => undefined }
  }
}

/** Explains why a program could not be started. */
function whyNotStarted(error: NodeJS.ErrnoException, { command, folder }: ExecPlan): string {
  const [file = ''] = command
  const isPath = file.includes('/') || file.includes('\\')
  if (error.code === 'ENOENT' && folder !== undefined && !isFolder(folder)) {
    return `the folder ${folder} does not exist`
  }
  if (error.code === 'ENOTDIR' && folder !== undefined && !isFolder(folder)) {
    return `${folder} is not a folder`
  }
  switch (error.code) {
    case 'ENOENT':
      return isPath ? `there is no program ${file}` : `there is no program ${file} in PATH`
    case 'EACCES':
      return `${file} cannot be executed: permission denied`
    default:
      return `${file} cannot be started: ${error.code ?? error.message}`
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
