import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Program, until } from '../../interop/support/process.js'
import type { FaultNetwork } from './network.js'

const command = fileURLToPath(
  new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url),
)
const supportFile = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/**
 * The server's main thread has a processor of its own, and attackers give way to victims on the other one: the server
 * is measured. V8's threads, which collect garbage, run wherever there is time, as they do for everybody.
 */
const isPinned = availableParallelism() > 1
const onServersCore = isPinned ? ['taskset', '-c', '0'] : []
const onOthersCore = isPinned ? ['taskset', '-c', '1'] : []

export interface ServiceOptions {
  /** Options of the command. */
  readonly args?: readonly string[] | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Megabytes that the heap of JavaScript may have. */
  readonly heapMb: number
  /** Most descriptors; by default those of the machine. */
  readonly descriptors?: number | undefined
  /** What becomes of its log; by default the tests read it. `full` is a device without space. */
  readonly log?: 'read' | 'unread' | 'gone' | 'full' | undefined
}

/** The `rtspool` command under attack. */
export class Service {
  readonly port: number
  readonly udpPort: number
  readonly #program: Program

  private constructor(program: Program, port: number, udpPort: number) {
    this.#program = program
    this.port = port
    this.udpPort = udpPort
  }

  static async start(network: FaultNetwork, options: ServiceOptions): Promise<Service> {
    const udpPort = 20_000
    const node = [
      ...[process.execPath, `--max-old-space-size=${options.heapMb}`, command],
      ...['--port', '0', '--udp-ports', `${udpPort}-${udpPort + 1}`, ...(options.args ?? [])],
    ]
    const limit = options.descriptors ? `ulimit -n ${options.descriptors} && ` : ''
    const { log = 'read' } = options
    const redirection = log === 'full' ? ' 2>/dev/full' : ''
    const shell = ['sh', '-c', `${limit}exec "$@"${redirection}`, 'sh', ...onServersCore, ...node]
    const [first, ...rest] = network.within(shell)
    const errors = log === 'full' ? 'read' : log
    const program = new Program(first, rest, { env: options.env, errors })
    const listens = /listens on rtsp:\/\/[^\s]*?:(\d+)[ /]/
    await until(() => listens.test(program.stdout) || !program.isRunning, 15_000)
    const port = Number(listens.exec(program.stdout)?.[1])
    if (!port) throw new Error(`the command did not start: ${program.stdout}${program.stderr}`)
    if (isPinned) freeHelperThreads(program.pid)
    return new Service(program, port, udpPort)
  }

  get isRunning(): boolean {
    return this.#program.isRunning
  }

  get pid(): number {
    return this.#program.pid
  }

  /** What it logged, as far as the tests read it. */
  get log(): string {
    return this.#program.stderr
  }

  /** Resident bytes now, and the most that there were; none once the process has ended. */
  memory(): { readonly now: number; readonly peak: number } {
    if (!this.isRunning) return { now: 0, peak: 0 }
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    const of = (name: string) =>
      Number(new RegExp(`^${name}: *\\t* *(\\d+)`, 'm').exec(status)?.[1])
    return { now: of('VmRSS') * 1024, peak: of('VmHWM') * 1024 }
  }

  /** Ends the server as its users do. @returns Its exit code, or the signal that it needed. */
  close(graceMs = 10_000): Promise<number | string> {
    return this.#program.stop('SIGTERM', graceMs)
  }
}

/** Lets all threads but the main one of a process run on every processor. */
function freeHelperThreads(pid: number): void {
  const processors = `0-${availableParallelism() - 1}`
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    if (thread === `${pid}`) continue
    execFileSync('taskset', ['-p', '-c', processors, thread], { stdio: 'ignore' })
  }
}

/** What {@link Victim.leave} found. */
export interface VictimReport {
  readonly sent: number
  readonly tcp: ViewerReport & { readonly misaligned: number }
  readonly udp: ViewerReport
  /** Newcomers that asked for a description; times in milliseconds. */
  readonly probes: {
    readonly answered: number
    readonly refused: number
    readonly refusals: Readonly<Record<string, number>>
    readonly p50: number
    readonly p99: number
  }
}

/** Packets, and delays from publisher to viewer in milliseconds. */
export interface ViewerReport {
  readonly received: number
  readonly lost: number
  readonly delayP50: number
  readonly delayP99: number
  readonly delayMax: number
}

export interface BystanderOptions {
  /** Beside this file. */
  readonly file: string
  readonly args: readonly string[]
  /** The line by which it says that it has begun. */
  readonly ready: string
  /** As `nice` takes it; 19 gives way to everybody. */
  readonly niceness: number
}

/** A program beside the server that works until its input ends, and then tells what it saw. */
export class Bystander<Report> {
  readonly #program: Program

  private constructor(program: Program) {
    this.#program = program
  }

  static async start<Report>(
    network: FaultNetwork,
    { file, args, ready, niceness }: BystanderOptions,
  ): Promise<Bystander<Report>> {
    const node = ['nice', '-n', `${niceness}`, process.execPath, supportFile(file), ...args]
    const [first, ...rest] = network.within([...onOthersCore, ...node])
    const program = new Program(first, rest, { hasInput: true })
    await until(() => program.stdout.includes(ready) || !program.isRunning, 90_000)
    if (!program.stdout.includes(ready)) {
      const said = `${program.stdout}${program.stderr}`
      await program.stop('SIGKILL')
      throw new Error(`${file} ${args[0]} did not begin: ${said}`)
    }
    return new Bystander<Report>(program)
  }

  async kill(): Promise<void> {
    if (this.#program.isRunning) await this.#program.stop('SIGKILL')
  }

  async end(): Promise<Report> {
    this.#program.endInput()
    const status = await this.#program.ended(30_000)
    const line = this.#program.stdout.trimEnd().split('\n').at(-1) ?? ''
    if (status !== 0) throw new Error(`ended with ${status}: ${line}${this.#program.stderr}`)
    return JSON.parse(line) as Report
  }
}
