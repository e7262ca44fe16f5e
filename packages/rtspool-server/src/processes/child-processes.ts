import type { Logger } from 'pino'
import { type Clock, type ClockTimer, systemClock } from 'rtspool'
import type { Child, ChildEnd, ChildRequest, ForkedProcess } from './child-process.js'
import { newChild, tell } from './child-process.js'
import type { ChildMessage, ParentMessage } from './process-messages.js'
import { RestartDelays } from './restart-delays.js'

/** Exit code when a process could not do its work and has given no better one. */
const failureCode = 1
/**
 * Milliseconds within which a process must be ready. It opens ports and files until then, and waits 3 s at most for its
 * cluster.
 */
const readyMs = 60_000

/** Parts of the parent process that start child processes and serve them. */
export interface ChildProcessesOptions {
  /** Number of child processes. They are numbered from 1. */
  readonly count: number
  /**
   * Starts a child process.
   *
   * @param isRestart - True if a process with this number has run before.
   */
  fork(number: number, isRestart: boolean): ForkedProcess
  /** Answers a message of a child. @returns The reply, which the child receives; `undefined` = none */
  answer(number: number, message: ChildRequest): Promise<ParentMessage | undefined>
  /** Called when a child process has ended, and all of its messages have been answered. */
  ended(number: number): void
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
}

const noEnd: ChildEnd = { code: null, signal: null }

/**
 * Child processes of the command, which serve clients. A process that ends is started again, unless it ends before all
 * have been ready once.
 */
export class ChildProcesses {
  readonly #options: ChildProcessesOptions
  readonly #clock: Clock
  readonly #delays: RestartDelays
  readonly #children = new Map<number, Child>()
  /** Timers by number of the process: of its next start, or until it must be ready. */
  readonly #timers = new Map<number, ClockTimer>()
  #isServing = false
  #isStopping = false
  #exitCode = 0
  /** Called once, after the next change of the children. */
  #waiting: (() => void)[] = []

  constructor(options: ChildProcessesOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#delays = new RestartDelays(options.random ?? Math.random)
  }

  /**
   * Starts all processes: the first alone, so that a port in use is reported once.
   *
   * @returns 0 when all are ready, or the exit code of one that has ended before; then none runs any more. Also 0
   *   after {@link stop}.
   */
  async start(): Promise<number> {
    for (const numbers of [[1], this.#numbersFrom(2)]) {
      for (const number of numbers) this.#run(number, false)
      await this.#until(() => this.#isStopping || this.#exitCode > 0 || this.#areReady)
      if (this.#isStopping) return 0
      if (this.#exitCode > 0) {
        await this.stop('SIGKILL')
        return this.#exitCode
      }
    }
    this.#isServing = true
    return 0
  }

  /** Sends a signal that ends processes to all that run. */
  signal(signal: NodeJS.Signals): void {
    for (const { process } of this.#children.values()) process.kill(signal)
  }

  /** Lets all processes read their configuration again: one that starts does so when it is ready. */
  reload(): void {
    for (const child of this.#children.values()) {
      // A process that starts would end, because it does not listen for the signal yet.
      if (child.readyAt === undefined) child.mustReload = true
      else child.process.kill('SIGHUP')
    }
  }

  /** Sends a message to all processes, but for the one with the number `except`. */
  tellAll(message: ParentMessage, except?: number): void {
    for (const [number, child] of this.#children) {
      // Each process tells the states of its sources again when it gets the ports.
      if (number !== except) tell(child, message, () => this.#tellPorts())
    }
  }

  /** Sends a signal to all processes that are ready, which others would not survive. */
  signalReady(signal: NodeJS.Signals): void {
    for (const { process, readyAt } of this.#children.values()) {
      if (readyAt !== undefined) process.kill(signal)
    }
  }

  /**
   * Ends all processes, and starts none again.
   *
   * @param killAfterMs - Milliseconds after which a process that still runs is killed.
   * @returns Promise that resolves to 0 if all have ended well, and otherwise to an exit code, when none runs any more.
   */
  async stop(signal: NodeJS.Signals, killAfterMs = Number.POSITIVE_INFINITY): Promise<number> {
    this.#isStopping = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.signal(signal)
    this.#changed()
    const kill = (): void => {
      for (const [number, { process }] of this.#children) {
        this.#options.log.warn({ child: number, pid: process.pid }, 'process does not end: killed')
        process.kill('SIGKILL')
      }
    }
    const isLimited = killAfterMs < Number.POSITIVE_INFINITY
    const timer = isLimited ? this.#clock.schedule(kill, killAfterMs, false) : undefined
    await this.#until(() => this.#children.size === 0)
    timer?.cancel()
    return this.#exitCode
  }

  /**
   * Ends all processes at once, each with its programs.
   *
   * @param killAfterMs - Milliseconds after which a process that still runs is killed.
   * @returns Promise that resolves when none runs any more.
   */
  async endAtOnce(killAfterMs: number): Promise<void> {
    for (const child of this.#children.values()) tell(child, { kind: 'end' })
    // A process that starts reads no messages yet.
    await this.stop('SIGTERM', killAfterMs)
  }

  get #areReady(): boolean {
    return [...this.#children.values()].every(({ readyAt }) => readyAt !== undefined)
  }

  #numbersFrom(first: number): number[] {
    return Array.from({ length: this.#options.count - first + 1 }, (_, index) => first + index)
  }

  async #until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }

  #changed(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #run(number: number, isRestart: boolean): void {
    const process = this.#options.fork(number, isRestart)
    const child = newChild(process)
    this.#children.set(number, child)
    this.#options.log.info({ child: number, pid: process.pid }, 'process started')
    process.on('message', (message) => this.#received(number, child, message as ChildMessage))
    // A process that cannot be signalled or has no channel any more reports its end as well.
    process.on('error', (error) => {
      this.#options.log.warn({ child: number, reason: error.message }, 'process fault')
      // One that the system has refused to start never reports an end.
      if (process.pid === undefined) this.#exited(number, child, null, null)
    })
    process.once('close', (code, signal) => this.#exited(number, child, code, signal))
    this.#timers.set(
      number,
      this.#clock.schedule(() => this.#noteLate(number, child), readyMs, true),
    )
  }

  /** Kills a process that is not ready in time: its end is that of one that has failed. */
  #noteLate(number: number, { process }: Child): void {
    const facts = { child: number, pid: process.pid, seconds: readyMs / 1000 }
    this.#options.log.error(facts, 'process is not ready in time: killed')
    process.kill('SIGKILL')
  }

  #received(number: number, child: Child, message: ChildMessage): void {
    // What was still on its way would join the cluster after its end.
    if (this.#children.get(number) !== child) return
    if (message.kind === 'ready') {
      this.#timers.get(number)?.cancel()
      child.readyAt = this.#clock.now()
      child.port = message.port
      this.#tellPorts()
      if (child.mustReload) child.process.kill('SIGHUP')
      this.#changed()
      return
    }
    void this.#options.answer(number, message).then((reply) => {
      // A child that has ended meanwhile needs no reply.
      if (reply) tell(child, reply)
    })
  }

  /** Tells all processes that are ready the ports of each other. */
  #tellPorts(): void {
    const ready = [...this.#children].filter(([, { port }]) => port > 0)
    const ports = Object.fromEntries(ready.map(([number, { port }]) => [number, port]))
    for (const [, child] of ready) tell(child, { kind: 'ports', ports })
  }

  #exited(number: number, child: Child, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#children.get(number) !== child) return
    this.#children.delete(number)
    this.#timers.get(number)?.cancel()
    this.#options.ended(number)
    this.#tellPorts()
    const exitCode = code ?? failureCode
    if (this.#isStopping) {
      // The signal has ended a process that did not listen for it yet.
      if (child.readyAt !== undefined) this.#exitCode ||= exitCode
    } else if (this.#isServing) {
      this.#restart(number, child, { code, signal })
    } else {
      // An end without an error is a failure, too.
      this.#exitCode ||= exitCode || failureCode
    }
    this.#changed()
  }

  #restart(number: number, ended: Pick<Child, 'process' | 'readyAt'>, end: ChildEnd): void {
    const { process, readyAt } = ended
    const servedMs = readyAt === undefined ? 0 : this.#clock.now() - readyAt
    const delayMs = this.#delays.next(number, servedMs)
    this.#options.log.error(
      { child: number, pid: process.pid, ...end, restartMs: delayMs },
      'process ended',
    )
    const start = (): void => {
      try {
        this.#run(number, true)
      } catch (error) {
        // Node throws some errors of the system, such as a lack of memory, and reports others.
        const reason = error instanceof Error ? error.message : String(error)
        this.#restart(number, { process, readyAt: undefined }, { ...noEnd, reason })
      }
    }
    this.#timers.set(number, this.#clock.schedule(start, delayMs, true))
  }
}
