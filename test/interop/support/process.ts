import { type ChildProcess, spawn } from 'node:child_process'
import { cameTrue, settle } from '../../../packages/rtspool/test/support/until.js'

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  readonly cwd?: string | undefined
  /** Whether the program gets an input, which {@link Program.endInput} ends; otherwise it is empty. */
  readonly hasInput?: boolean | undefined
  /** Whether what it writes to standard error is read, left in the pipe, or has nobody at the other end. */
  readonly errors?: 'read' | 'unread' | 'gone' | undefined
}

const running = new Set<Program>()
process.once('exit', () => {
  for (const program of running) program.kill('SIGKILL')
})

/** Ends whatever tests have left, by pid; for `afterAll`. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop('SIGKILL')))
}

/** A program that runs beside the test, and all that it says. */
export class Program {
  readonly name: string
  stdout = ''
  stderr = ''
  /** Resolves with the exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>
  readonly #child: ChildProcess
  #isRunning = true

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    this.name = command
    const { env, hasInput = false, errors = 'read', ...rest } = options
    this.#child = spawn(command, args, {
      ...rest,
      env: { ...process.env, ...env },
      stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
    running.add(this)
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    if (errors === 'read') {
      this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        this.stderr += text
      })
    } else if (errors === 'gone') this.#child.stderr?.destroy()
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', (error) => {
        this.#ended()
        reject(error)
      })
      this.#child.once('close', (code, signal) => {
        this.#ended()
        resolve(code ?? signal ?? 'unknown')
      })
    })
    // Whoever does not wait for the end hears of a failed start by an empty output.
    this.exited.catch(() => {})
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#isRunning) this.#child.kill(signal)
  }

  /** Ends the input of a program that was given one, after a text. */
  endInput(text = ''): void {
    this.#child.stdin?.end(text)
  }

  /** Writes to the input of a program that was given one. */
  writeInput(bytes: Uint8Array): void {
    this.#child.stdin?.write(bytes)
  }

  /** Asks the program to end, and makes it after `graceMs`. */
  async stop(signal: NodeJS.Signals = 'SIGINT', graceMs = 4000): Promise<number | string> {
    this.kill(signal)
    // biome-ignore lint/style/noRestrictedGlobals: ends a program that does not end itself
    const timer = setTimeout(() => this.kill('SIGKILL'), graceMs)
    try {
      return await this.exited
    } finally {
      clearTimeout(timer)
    }
  }

  /** Waits for the end, at most `timeoutMs`; then it is killed and `'timeout'` is the answer. */
  async ended(timeoutMs: number): Promise<number | string> {
    let isLate = false
    // biome-ignore lint/style/noRestrictedGlobals: ends a program that does not end itself
    const timer = setTimeout(() => {
      isLate = true
      this.kill('SIGKILL')
    }, timeoutMs)
    try {
      const status = await this.exited
      return isLate ? 'timeout' : status
    } finally {
      clearTimeout(timer)
    }
  }

  #ended(): void {
    this.#isRunning = false
    running.delete(this)
  }
}

/**
 * The longest that a program takes to start, or to react, on a machine that is busy with other work. A test that limits
 * the time on purpose names a time of its own.
 */
export const patienceMs = 30_000

/** Waits until `condition` holds. @returns Whether it did within `timeoutMs`. */
export async function until(
  condition: () => boolean,
  timeoutMs: number = patienceMs,
): Promise<boolean> {
  return cameTrue(condition, timeoutMs, () => settle(10, 'a program runs in a process of its own'))
}
