import type { Logger } from 'pino'
import { type Backoff, backoffMs, type Clock, type ClockTimer, systemClock } from 'rtspool'
import type { ChildMessage, ParentMessage, ReadyNotice } from './process-messages.js'

/** Delays from the end of a child process to its next start, which grow with the number of short lives in a row. */
const restarts: Backoff = { firstMs: 200, maxMs: 30_000, jitter: 0.25 }
/** Milliseconds of service after which the next end of a child counts as the first. */
const wellMs = 60_000
/** Exit code when a process could not do its work and has given no better one. */
const failureCode = 1

/** A child process, as node:child_process starts it. */
export interface ForkedProcess {
  readonly pid?: number | undefined
  readonly connected: boolean
  send(message: ParentMessage, sent: (error: Error | null) => void): unknown
  kill(signal: NodeJS.Signals): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  once(
    event: 'exit',
    listener: (code: number | null, signal: NodeJS.Signals | null) => void,
  ): unknown
}

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
  /** Answers a request of a child. @returns The reply, which the child receives */
  answer(number: number, message: Exclude<ChildMessage, ReadyNotice>): Promise<ParentMessage>
  /** Called when a child process has ended. */
  ended(number: number): void
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
}

interface Child {
  readonly process: ForkedProcess
  /** Monotonic milliseconds at which the process was ready; `undefined` before. */
  readyAt: number | undefined
  /** Port of the process for its siblings; 0 before it is ready. */
  port: number
  /** True if the configuration is to be read again as soon as the process is ready. */
  mustReload: boolean
}

/** End of a child process: its exit code or signal, or the reason why it could not be started. */
interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly reason?: string
}

const noEnd: End = { code: null, signal: null }

/**
 * Child processes of the command, which serve clients. A process that ends is started again, unless it ends before all
 * have been ready once.
 */
export class ChildProcesses {
  readonly #options: ChildProcessesOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #children = new Map<number, Child>()
  readonly #timers = new Map<number, ClockTimer>()
  /** Numbers of short lives in a row, by number of the process. */
  readonly #failures = new Map<number, number>()
  #isServing = false
  #isStopping = false
  #exitCode = 0
  /** Called once, after the next change of the children. */
  #waiting: (() => void)[] = []

  constructor(options: ChildProcessesOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
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
    const child: Child = { process, readyAt: undefined, port: 0, mustReload: false }
    this.#children.set(number, child)
    this.#options.log.info({ child: number, pid: process.pid }, 'process started')
    process.on('message', (message) => this.#received(number, child, message as ChildMessage))
    // A process that cannot be signalled or has no channel any more reports its end as well.
    process.on('error', (error) => {
      this.#options.log.warn({ child: number, reason: error.message }, 'process fault')
      // One that the system has refused to start never reports an end.
      if (process.pid === undefined) this.#exited(number, child, null, null)
    })
    process.once('exit', (code, signal) => this.#exited(number, child, code, signal))
  }

  #received(number: number, child: Child, message: ChildMessage): void {
    // What was still on its way would join the cluster after its end.
    if (this.#children.get(number) !== child) return
    if (message.kind === 'ready') {
      child.readyAt = this.#clock.now()
      child.port = message.port
      this.#tellPorts()
      if (child.mustReload) child.process.kill('SIGHUP')
      this.#changed()
      return
    }
    void this.#options.answer(number, message).then((reply) => {
      // A child that has ended meanwhile needs no reply.
      tell(child, reply)
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

  #restart(number: number, ended: Pick<Child, 'process' | 'readyAt'>, end: End): void {
    const { process, readyAt } = ended
    const wasWell = readyAt !== undefined && this.#clock.now() - readyAt >= wellMs
    const failures = wasWell ? 1 : (this.#failures.get(number) ?? 0) + 1
    this.#failures.set(number, failures)
    const delayMs = Math.round(backoffMs(restarts, failures, this.#random()))
    this.#options.log.error(
      { child: number, pid: process.pid, ...end, restartMs: delayMs },
      'process ended',
    )
    const start = (): void => {
      this.#timers.delete(number)
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

function tell({ process }: Child, message: ParentMessage): void {
  if (process.connected) process.send(message, () => {})
}
