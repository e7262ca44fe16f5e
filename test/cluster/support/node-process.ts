import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HistoryEvent } from '../../../packages/rtspool/test/cluster/history/history.js'
import { Program, until } from '../../interop/support/process.js'
import type { TcpProxy } from './tcp-proxy.js'

const script = fileURLToPath(new URL('cluster-node.mjs', import.meta.url))

/** Options of the process of a node; the same for all nodes of a cluster. */
export interface NodeSettings {
  readonly policy: 'keep' | 'strict'
  /** Times of node and ledger in milliseconds. */
  readonly times: {
    readonly leaseMs: number
    readonly graceMs: number
    readonly warmMs: number
    readonly beatMs: number
    readonly flushMs: number
    readonly timeoutMs: number
  }
  readonly maxSessions: number
  /** Limit of each of four users; 0 = none. */
  readonly maxOfUser: number
  /** Number of sessions of each user beyond the credits of a node, while Redis does not reply. */
  readonly overdraft: number
  readonly createsPerSecond: number
  /** Mean length of a session in milliseconds. */
  readonly lifeMs: number
  /** No session ends before {@link NodeProcess.go}. */
  readonly fillsFirst?: boolean | undefined
}

/** Sessions of a node at rest. */
export interface NodeFacts {
  readonly tag: string
  readonly state: string
  readonly credits: number
  readonly ids: readonly string[]
}

/** Milliseconds of the clock that all processes of this machine share, and that never steps. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** A node of a cluster as a process of its own, behind a proxy of its own. */
export class NodeProcess {
  readonly proxy: TcpProxy
  readonly #program: Program
  readonly #name: string
  readonly #history: string
  readonly #killed: HistoryEvent[] = []
  readonly #asked = { facts: 0, size: 0 }

  private constructor(proxy: TcpProxy, program: Program, name: string, history: string) {
    this.proxy = proxy
    this.#program = program
    this.#name = name
    this.#history = history
  }

  /**
   * Starts a node that reaches Redis through a proxy.
   *
   * @param name - Name that no other process of the history has.
   * @param folder - Folder for its history.
   */
  static start(
    name: string,
    {
      proxy,
      folder,
      seed,
      settings,
    }: {
      readonly proxy: TcpProxy
      readonly folder: string
      readonly seed: number
      readonly settings: NodeSettings
    },
  ): NodeProcess {
    const history = join(folder, `${name}.jsonl`)
    const url = `redis://127.0.0.1:${proxy.port}`
    const options = JSON.stringify({ ...settings, name, url, history, seed })
    const program = new Program(process.execPath, [script, options], { hasInput: true })
    return new NodeProcess(proxy, program, name, history)
  }

  /** Waits until the node is a member. */
  async ready(): Promise<void> {
    const isReady = () => this.#program.stdout.includes('ready') || !this.#program.isRunning
    if ((await until(isReady)) && this.#program.isRunning) return
    throw new Error(`${this.#name} does not become a member: ${this.#program.stderr}`)
  }

  async kill(): Promise<void> {
    this.#killed.push({ kind: 'killed', at: monotonicMs(), node: this.#name })
    this.#program.kill('SIGKILL')
    await this.#program.exited
  }

  /** Lets sessions end, if the node was to fill first. */
  go(): void {
    this.#program.writeInput(Buffer.from('go\n'))
  }

  /** Lets only users come that have not come before. */
  strangers(): void {
    this.#program.writeInput(Buffer.from('strangers\n'))
  }

  /** Ends the creation and the removal of sessions. */
  rest(): void {
    this.#program.writeInput(Buffer.from('rest\n'))
  }

  async facts(): Promise<NodeFacts> {
    return (await this.#ask('facts')) as NodeFacts
  }

  /** Returns the number of sessions. */
  async size(): Promise<number> {
    return (await this.#ask('size')) as number
  }

  async #ask(word: 'facts' | 'size'): Promise<unknown> {
    const wanted = ++this.#asked[word]
    this.#program.writeInput(Buffer.from(`${word}\n`))
    const lines = () =>
      this.#program.stdout.split('\n').filter((line) => line.startsWith(`${word} `))
    const isThere = () => lines().length >= wanted || !this.#program.isRunning
    if (!(await until(isThere)) || !this.#program.isRunning) {
      throw new Error(`${this.#name} tells nothing: ${this.#program.stderr}`)
    }
    return JSON.parse((lines()[wanted - 1] as string).slice(word.length))
  }

  /** Returns the events that the process has recorded until now. */
  history(): HistoryEvent[] {
    const lines = readFileSync(this.#history, 'utf8').split('\n').slice(0, -1)
    return [...lines.map((line) => JSON.parse(line) as HistoryEvent), ...this.#killed]
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGKILL')
    await this.proxy.stop()
  }
}
