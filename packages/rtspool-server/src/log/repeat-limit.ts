import type { Logger } from 'pino'
import { type Clock, type ClockTimer, hostOf, systemClock } from 'rtspool'

const windowMs = 10_000
/** Maximum number of lines of one kind (message and reason) that are logged for one host in {@link windowMs}. */
const maxLinesOfKind = 10
/** Maximum number of lines of all kinds that are logged for one host in {@link windowMs}. */
const maxLinesOfHost = 40
/**
 * Maximum number of lines logged for all hosts in {@link windowMs}: at most 100 KB in ten seconds.
 */
const maxLines = 400
/** Maximum number of hosts whose lines are counted separately; further hosts share one count. */
const maxHosts = 1000
/** Maximum number of hosts whose suppressed lines are reported in a line for each host. The rest share one line. */
const maxSummaries = 10

type Level = 'debug' | 'info' | 'warn' | 'error'
const levels: readonly Level[] = ['debug', 'info', 'warn', 'error']

/** Values that are logged with a message, by name. `address` is that of the peer that caused the line, if any. */
export interface LineFacts {
  readonly address?: string | undefined
  readonly [fact: string]: unknown
}

/** Counts of the lines of one host since the beginning of the present {@link windowMs}. */
interface HostLines {
  lines: number
  suppressed: number
  /** Highest level (`debug` is the lowest, `error` the highest) of the host's suppressed lines. */
  level: Level
  /** Numbers of lines by kind: of all lines, and of the suppressed ones. */
  readonly kinds: Map<string, { count: number; suppressed: number }>
}

/** Name under which lines without a peer are counted. */
const noHost = ''
/** Name under which the lines of all hosts beyond {@link maxHosts} are counted. */
const otherHosts = 'other addresses'

/**
 * Limits the log lines that peers can cause. Further lines of a host are suppressed, and one line
 * after ten seconds reports their number. A host is an IPv4 address, or an IPv6 network of 64 bits.
 */
export class RepeatLimit {
  readonly #log: Logger
  readonly #clock: Clock
  readonly #hosts = new Map<string, HostLines>()
  #lines = 0
  #end: ClockTimer | undefined

  constructor(log: Logger, clock: Clock = systemClock) {
    this.#log = log
    this.#clock = clock
  }

  /**
   * Logs a line, or counts it as suppressed.
   *
   * @param reason - One of a fixed set of words; empty if there is none. Message and reason
   *   together are the kind of the line.
   */
  write(level: Level, message: string, reason: string, facts: LineFacts): void {
    if (!this.#log.isLevelEnabled(level)) return
    const name = facts.address === undefined ? noHost : hostOf(facts.address)
    const host = this.#hostNamed(name)
    const kind = kindIn(host, reason === '' ? message : `${message}: ${reason}`)
    const isHostFull = name !== noHost && host.lines >= maxLinesOfHost
    if (++kind.count > maxLinesOfKind || isHostFull || this.#lines >= maxLines) {
      kind.suppressed++
      host.suppressed++
      if (levels.indexOf(level) > levels.indexOf(host.level)) host.level = level
      return
    }
    host.lines++
    this.#lines++
    this.#log[level](facts, message)
  }

  /** Logs the summaries of suppressed lines at once, before the log closes. */
  close(): void {
    this.#end?.cancel()
    this.#end = undefined
    const suppressed = [...this.#hosts].filter(([, host]) => host.suppressed > 0)
    this.#hosts.clear()
    this.#lines = 0
    suppressed.sort(([, one], [, other]) => other.suppressed - one.suppressed)
    for (const [name, host] of suppressed.slice(0, maxSummaries)) this.#sumUp(name, host)
    this.#sumUpTogether(suppressed.slice(maxSummaries).map(([, host]) => host))
  }

  #hostNamed(name: string): HostLines {
    const known = this.#hosts.get(name)
    if (known) return known
    if (this.#hosts.size >= maxHosts && name !== otherHosts) return this.#hostNamed(otherHosts)
    const host: HostLines = { lines: 0, suppressed: 0, level: 'debug', kinds: new Map() }
    this.#hosts.set(name, host)
    this.#end ??= this.#clock.schedule(() => this.close(), windowMs, false)
    return host
  }

  #sumUp(name: string, { level, suppressed, kinds }: HostLines): void {
    const counts = [...kinds].map(([kind, { suppressed }]) => [kind, suppressed] as const)
    const facts = {
      ...(name !== noHost && name !== otherHosts && { address: networkOf(name) }),
      suppressed,
      kinds: Object.fromEntries(counts.filter(([, count]) => count > 0)),
    }
    const of = name === noHost ? '' : ` of ${networkOf(name)}`
    this.#log[level](facts, `suppressed ${suppressed} more lines${of}`)
  }

  #sumUpTogether(hosts: readonly HostLines[]): void {
    if (hosts.length === 0) return
    const suppressed = hosts.reduce((sum, host) => sum + host.suppressed, 0)
    const level = hosts.some((host) => host.level === 'error' || host.level === 'warn')
      ? 'warn'
      : 'info'
    const facts = { addresses: hosts.length, suppressed }
    this.#log[level](facts, `suppressed ${suppressed} more lines of ${hosts.length} addresses`)
  }
}

function kindIn({ kinds }: HostLines, name: string): { count: number; suppressed: number } {
  const known = kinds.get(name)
  if (known) return known
  const kind = { count: 0, suppressed: 0 }
  kinds.set(name, kind)
  return kind
}

/**
 * Formats a host, as `hostOf` of the library returns it, for a log line. An IPv4 address stays as it is, and an IPv6
 * network gets the suffix `::/64`.
 */
const networkOf = (host: string): string => (host.includes(':') ? `${host}::/64` : host)
