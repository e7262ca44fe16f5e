import { createHash } from 'node:crypto'
import type { Clock, ClockTimer } from '../../clock.js'
import { TransportError } from '../../errors.js'
import { type LedgerScript, ledgerScripts } from './scripts.js'

/** Part of a client of Redis that a {@link RedisStore} uses; a client of `@redis/client` has it. */
export interface RedisCommands {
  /** Sends a command, and resolves to its reply: texts, integers, `null`, and arrays of them. */
  sendCommand(args: string[]): Promise<unknown>
}

/** Part of a client of `ioredis` that a {@link RedisStore} uses. */
export interface IoredisCommands {
  /** Sends a command, and resolves to its reply: texts, integers, `null`, lists and records of them. */
  call(command: string, args: string[]): Promise<unknown>
}

/** Reply of Redis to a script: texts, integers, and lists of them. */
export type Reply = readonly unknown[]

const hashes = Object.fromEntries(
  Object.entries(ledgerScripts).map(([name, { text }]) => [
    name,
    createHash('sha1').update(text).digest('hex'),
  ]),
) as Readonly<Record<LedgerScript, string>>

/** Options of a {@link RedisConnection}. */
interface ConnectionSettings {
  readonly client: RedisCommands
  /** Text at the beginning of all Redis keys of the cluster. */
  readonly prefix: string
  readonly leaseMs: number
  readonly timeoutMs: number
  readonly clock: Clock
  /** Returns the time for the scripts, in milliseconds since 1970; `undefined` = the clock of Redis. */
  readonly unixTimeMs: (() => number) | undefined
}

/** Sends scripts and commands to a client of Redis, and waits for each reply no longer than a timeout. */
export class RedisConnection {
  readonly #client: RedisCommands
  readonly #leaseMs: number
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #unixTimeMs: (() => number) | undefined
  readonly #prefix: string

  constructor({ client, prefix, leaseMs, timeoutMs, clock, unixTimeMs }: ConnectionSettings) {
    this.#client = client
    this.#leaseMs = leaseMs
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#unixTimeMs = unixTimeMs
    this.#prefix = prefix
  }

  /** Runs a Lua script on Redis. After the first time, sends only the hash by which Redis knows the script. */
  async run(
    script: LedgerScript,
    args: readonly (string | number)[],
    furtherKeys: readonly string[] = [],
  ): Promise<Reply> {
    const { keys: sharedKeys, text } = ledgerScripts[script]
    const keys = [...sharedKeys.map((key) => this.#prefix + key), ...furtherKeys]
    const now = this.#unixTimeMs === undefined ? '' : this.#unixTimeMs()
    const rest = [keys.length, ...keys, now, this.#leaseMs, ...args].map(String)
    try {
      return (await this.send(['EVALSHA', hashes[script], ...rest])) as Reply
    } catch (error) {
      if (!isNoScript(error)) throw error
      return (await this.send(['EVAL', text, ...rest])) as Reply
    }
  }

  /**
   * Sends a command, and waits no longer than the timeout. The timeout of `@redis/client` does not
   * end the wait for a command that has been written.
   *
   * @throws {TransportError} `ERR_CLUSTER_STORE` when Redis does not reply in time, or with an
   * error.
   */
  async send(args: string[]): Promise<unknown> {
    let timer: ClockTimer | undefined
    const timeout = new Promise<never>((_, reject) => {
      const late = (): void => reject(storeError(`no reply to ${args[0]} in ${this.#timeoutMs} ms`))
      timer = this.#clock.schedule(late, this.#timeoutMs, false)
    })
    try {
      return await Promise.race([this.#client.sendCommand(args), timeout])
    } catch (error) {
      if (error instanceof TransportError || isNoScript(error)) throw error
      throw storeError(error instanceof Error ? error.message : 'the client failed', error)
    } finally {
      timer?.cancel()
    }
  }
}

const isNoScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT')

const storeError = (message: string, cause?: unknown): TransportError =>
  new TransportError('ERR_CLUSTER_STORE', `Redis: ${message}`, { cause })

/** Returns the fields of a hash or an entry as a flat list of names and values. RESP 3 sends them as a map. */
export function fieldsOf(reply: unknown): Reply {
  if (Array.isArray(reply)) return reply
  if (reply instanceof Map) return [...reply].flat()
  return Object.entries(reply as object).flat()
}

/** Divides the flat list of values in a reply into rows of `size` values; an incomplete row is left out. */
export function chunksOf(cells: Reply, size: number): Reply[] {
  const count = Math.floor(cells.length / size)
  return Array.from({ length: count }, (_, n) => cells.slice(n * size, (n + 1) * size))
}
