import type { Logger } from 'pino'
import { type Clock, type ClockTimer, hostOf, systemClock } from 'rtspool'

const windowMs = 10_000
/** Lines of one kind that one host causes in a window. */
const maxLinesOfKind = 10
/** Lines of all kinds that one host causes in a window. */
const maxLinesOfHost = 40
/** Lines that all hosts cause in a window: many hosts together write 100 KB in ten seconds at most. */
const maxLines = 400
/** Hosts that are counted apart in a window; further ones share a place. */
const maxHosts = 1000
/** Hosts whose lines are summed up apart; the rest is summed up in one line. */
const maxSummaries = 10

type Level = 'debug' | 'info' | 'warn' | 'error'
const levels: readonly Level[] = ['debug', 'info', 'warn', 'error']

/** Facts of a line; the address is of the peer that has caused the line, if one has. */
export interface LineFacts {
  readonly address?: string | undefined
  readonly [fact: string]: unknown
}

/** Lines of one host in the window that is open. */
interface HostLines {
  lines: number
  suppressed: number
  /** The highest level of the lines that were suppressed. */
  level: Level
  /** How often each kind came, and how often it was suppressed. */
  readonly kinds: Map<string, { count: number; suppressed: number }>
}

/** Shared by what no peer has caused. */
const noHost = ''
/** Shared by the hosts that come too late to be counted apart. */
const otherHosts = 'other addresses'

/**
 * Logs what peers can cause as often as they like: so many lines of a host in ten seconds, and then how many more there
 * were. A host is an IPv4 address, or a network of 64 bits of IPv6.
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

  /** @param reason - Of a fixed set: with the message it makes the kind. */
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

  /** Tells at once what there was more. */
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

/** A host as people write it. */
const networkOf = (host: string): string => (host.includes(':') ? `${host}::/64` : host)
