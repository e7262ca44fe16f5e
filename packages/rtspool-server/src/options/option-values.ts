import { isIP } from 'node:net'
import { MulticastAddressPool } from 'rtspool'
import { nearestName } from 'rtspool-conform/command-line'
import { OptionValueError } from './option-value-error.js'

/** Levels of the log; those of pino. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number]

/** Formats of the log: lines for people, or one JSON object a line. */
export const logFormats = ['pretty', 'json'] as const

/** One of {@link logFormats}. */
export type LogFormat = (typeof logFormats)[number]

/** Largest number of a port. */
export const maxPort = 2 ** 16 - 1

/**
 * Smallest default share of an address: enough for the programs of one machine and viewers behind a
 * small NAT.
 */
export const minShare = 16

/**
 * Default share of one address in all sessions: one address cannot take all, and many viewers fit
 * behind one NAT.
 */
export const shareOf = (maxSessions: number): number =>
  maxSessions === 0 ? 0 : Math.max(minShare, Math.ceil(maxSessions / 4))

/**
 * Makes a parser for a whole decimal number.
 *
 * @param flag - Name of the option, for the message.
 * @param first - The smallest allowed number.
 * @param last - The largest allowed number.
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

export function parseTrustedAddresses(text: string): readonly string[] {
  const addresses = text === 'none' ? [] : text.split(',')
  for (const address of addresses) {
    const [numeric = '', length = '0', ...more] = address.split('/')
    const bits = isIP(numeric) === 6 ? 128 : 32
    const isLength = /^\d{1,3}$/.test(length) && Number(length) <= bits
    if (isIP(numeric) !== 0 && isLength && more.length === 0) continue
    const expected = "addresses and networks as in 10.0.0.0/8,fd00::1, or 'none'"
    throw new OptionValueError(`--trusted-addresses must be ${expected}, got '${address}'`)
  }
  return addresses
}

/**
 * Makes a parser for one of several words.
 *
 * @param flag - Name of the option, for the message.
 */
export function oneOf<Word extends string>(
  flag: string,
  words: readonly Word[],
): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    if (word !== undefined) return word
    const nearest = nearestName(text, words)
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
    throw new OptionValueError(`${flag} must be one of ${words.join(', ')}, got '${text}'${hint}`)
  }
}

/** Parses a path. Refuses empty text, which mostly comes from an unset variable. */
export const parseFile =
  (flag: string) =>
  (text: string): string => {
    if (text !== '') return text
    throw new OptionValueError(`${flag} must be the path of a file, got ''`)
  }

/** Collects the values of an option that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]
