import type { Clock } from 'rtspool'
import { systemClock } from 'rtspool'

/** Options of the live picture; all optional. */
export interface LiveOptions {
  /** Clock for tickets, deadlines and pings. @default the clock of the machine */
  readonly clock?: Clock | undefined
  /**
   * Origins, such as `https://view.example`, whose pages may watch. Pages of the same host, on any
   * port, may always watch.
   * @default none
   */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Seconds for which a one-time ticket is valid. @default 30 */
  readonly ticketSeconds?: number | undefined
  /**
   * Maximum number of unused tickets. When one more is issued, the oldest becomes invalid. @default
   * 10000
   */
  readonly maxTickets?: number | undefined
  /**
   * Maximum bytes that wait for one browser. Above it, fragments are left out. Sending continues at
   * a key frame once half of the bytes are sent. @default 4194304 (4 MiB)
   */
  readonly maxQueuedBytes?: number | undefined
  /**
   * Maximum bytes of fragments that each stream stores for browsers that join, from the last key
   * frame on. Above it, such browsers wait for the next key frame. 0 = nothing is stored. @default
   * 8388608 (8 MiB)
   */
  readonly maxKeptBytes?: number | undefined
  /**
   * Seconds without a byte read by the browser, after which its session ends with reason
   * `slowReader`.
   * @default 10
   */
  readonly slowReaderTimeout?: number | undefined
  /**
   * Seconds between two WebSocket pings. A browser that has not responded to one ping before the
   * next counts as disconnected. @default 20
   */
  readonly pingSeconds?: number | undefined
}

/** Options of the live picture with all defaults filled in. */
export interface ResolvedLiveOptions extends Required<{ [K in keyof LiveOptions]: unknown }> {
  readonly clock: Clock
  readonly allowedOrigins: readonly string[]
  readonly ticketSeconds: number
  readonly maxTickets: number
  readonly maxQueuedBytes: number
  readonly maxKeptBytes: number
  readonly slowReaderTimeout: number
  readonly pingSeconds: number
}

export const liveDefaults = Object.freeze({
  clock: systemClock,
  allowedOrigins: Object.freeze([]) as readonly string[],
  ticketSeconds: 30,
  maxTickets: 10_000,
  maxQueuedBytes: 4 * 1024 * 1024,
  maxKeptBytes: 8 * 1024 * 1024,
  slowReaderTimeout: 10,
  pingSeconds: 20,
}) satisfies ResolvedLiveOptions

const numbers = {
  ...{ ticketSeconds: 1, maxTickets: 1, maxQueuedBytes: 1, maxKeptBytes: 0 },
  ...{ slowReaderTimeout: 1, pingSeconds: 1 },
} as const

/**
 * Checks options, and adds the defaults.
 *
 * @throws {RangeError | TypeError} Names the option that is wrong or unknown.
 */
export function resolveLiveOptions(options: LiveOptions): ResolvedLiveOptions {
  for (const name of Object.keys(options)) {
    if (name in liveDefaults) continue
    const known = Object.keys(liveDefaults).join(', ')
    throw new TypeError(`live has no option ${name}, only ${known}`)
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const resolved: ResolvedLiveOptions = { ...liveDefaults, ...Object.fromEntries(given) }
  for (const [name, least] of Object.entries(numbers)) {
    const value: unknown = resolved[name as keyof typeof numbers]
    if (Number.isSafeInteger(value) && (value as number) >= least) continue
    throw new RangeError(`live.${name} must be a whole number from ${least} on, got ${value}`)
  }
  for (const origin of resolved.allowedOrigins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue
    const expected = 'a scheme and a host, such as https://view.example'
    throw new TypeError(`live.allowedOrigins: expected ${expected}, got ${origin}`)
  }
  return Object.freeze(resolved)
}
