import { MulticastAddressPool } from 'rtspool'
import { OptionValueError } from './option-value-error.js'

/** How much the log says; pino's levels. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number]

/** Largest number of a port. */
export const maxPort = 2 ** 16 - 1

/** Sessions that an address has in any case: the programs of one machine, and viewers behind a small NAT. */
export const minShare = 16

/** What one address may take of all sessions: nobody gets everything, and many viewers fit behind one NAT. */
export const shareOf = (maxSessions: number): number =>
  maxSessions === 0 ? 0 : Math.max(minShare, Math.ceil(maxSessions / 4))

/**
 * Makes a parser for a whole decimal number.
 *
 * @param flag - As the user wrote it, for the message.
 * @param first - The smallest number that is taken.
 * @param last - The largest number that is taken.
 */
export function wholeNumber(flag: string, first: number, last: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= first && value <= last) return value
    throw new OptionValueError(`${flag} must be a number from ${first} to ${last}, got '${text}'`)
  }
}

export function parseHost(text: string): string {
  const host = /^\[.+\]$/.test(text) ? text.slice(1, -1) : text
  if (host !== '' && !/[\s/@]/.test(host)) return host
  throw new OptionValueError(`--host must be an address or a name, got '${text}'`)
}

export function parseUdpPorts(text: string): readonly [number, number] {
  const range = /^(\d{1,5})-(\d{1,5})$/.exec(text)
  const first = Number(range?.[1])
  const last = Number(range?.[2])
  if (!(first >= 1 && first <= last && last <= maxPort)) {
    const shape = `two ports from 1 to ${maxPort} as in 20000-20001`
    throw new OptionValueError(`--udp-ports must be ${shape}, got '${text}'`)
  }
  // RFC 3550 section 11: RTP has an even port, RTCP the odd one after it.
  const firstEven = first + (first % 2)
  if (firstEven + 1 > last) {
    const need = 'must hold an even port and the odd one after it'
    throw new OptionValueError(`--udp-ports ${need}, got '${text}'`)
  }
  return [first, last]
}

export function parseMulticast(text: string): MulticastAddressPool {
  try {
    return new MulticastAddressPool({ groups: text.split(',') })
  } catch (error) {
    throw new OptionValueError(`--multicast: ${error instanceof Error ? error.message : error}`)
  }
}

export function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((candidate) => candidate === text)
  if (level !== undefined) return level
  throw new OptionValueError(`--log-level must be one of ${logLevels.join(', ')}, got '${text}'`)
}

/** For options that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]
