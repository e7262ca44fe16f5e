import { RequestError } from '../../errors.js'
import {
  isToken,
  parseDecimal,
  quoteReceived,
  splitOutsideQuotes,
  trimLinearSpace,
  unquote,
} from '../grammar.js'

/** Pair of ports or interleaved channels as in `5000-5001`: RTP first, RTCP second. */
export type NumberPair = readonly [rtp: number, rtcp: number]

/** Any text besides the known values, which editors still suggest. */
type OtherText = string & Record<never, never>

/** One alternative of a Transport header, parsed. */
export interface TransportSpec {
  /**
   * `true` if protocol, profile, lower transport and mode are supported. Otherwise the next
   * alternative should be tried; for an unknown protocol, all its parameters are in `parameters`.
   */
  readonly isSupported: boolean
  /** Protocol of the transport, in upper case if known. */
  readonly protocol: 'RTP' | OtherText
  /** RTP profile, in upper case if known. */
  readonly profile: 'AVP' | 'AVPF' | 'SAVP' | 'SAVPF' | OtherText
  /** Lower transport, in upper case if known. UDP if the header has none. */
  readonly lowerTransport: 'UDP' | 'TCP' | OtherText
  /**
   * Delivery; `undefined` if the header has none. RFC 2326 section 12.39 then means multicast, but
   * clients that send `client_port` mean unicast.
   */
  readonly delivery: 'unicast' | 'multicast' | undefined
  /** Numbers of the interleaved channels, 0 to 65535 as received; those above 255 do not exist. */
  readonly interleaved?: NumberPair
  /** UDP ports of the client, 0 to 65535 as received; nothing can be sent to port 0. */
  readonly clientPort?: NumberPair
  readonly serverPort?: NumberPair
  /** Ports of the multicast group, for RTP and RTCP. */
  readonly port?: NumberPair
  /** Time to live (TTL) of the multicast packets, 0 to 255. */
  readonly ttl?: number
  /** SSRC of the stream's packets, 32 bits. */
  readonly ssrc?: number
  /** Purpose of the SETUP: to play or to record; PLAY if the header has none. */
  readonly mode?: 'PLAY' | 'RECORD'
  /**
   * Host in the parameter `destination`, as received; empty if the parameter has no value. The
   * server must not trust it.
   */
  readonly destination?: string
  /** Host in the parameter `source`, as received; the reader must not trust it. */
  readonly source?: string
  readonly append: boolean
  /** Number of multicast layers over which the stream is spread. */
  readonly layers?: number
  /** Parameters of the alternative that this library does not know: names in lower case, values without quotes. */
  readonly parameters: readonly (readonly [name: string, value: string | undefined])[]
}

/** A {@link TransportSpec} to send; parameters that the server does not set may be left out. */
export type TransportSpecInit = Pick<TransportSpec, 'profile' | 'lowerTransport' | 'delivery'> & {
  readonly [Name in keyof Omit<TransportSpec, 'isSupported'>]?: TransportSpec[Name] | undefined
}

type MutableSpec = { -readonly [Name in keyof TransportSpec]: TransportSpec[Name] } & {
  parameters: (readonly [name: string, value: string | undefined])[]
}

const profiles: readonly string[] = ['AVP', 'AVPF', 'SAVP', 'SAVPF']
const lowerTransports: readonly string[] = ['UDP', 'TCP']
const maxPort = 65535
/** Maximum number of alternatives in a Transport header; one with more is refused. GStreamer sends 3. */
const maxAlternatives = 32
/** Maximum number of parameters of an alternative in a Transport header; one with more is refused. RFC 2326 has 14. */
const maxParameters = 64

function refuse(expected: string, got: string): never {
  throw new RequestError(
    'ERR_HEADER_VALUE',
    `Transport: expected ${expected}, got ${quoteReceived(got)}`,
    { context: { header: 'Transport' } },
  )
}

function parseNumber(name: string, value: string, max: number): number {
  return parseDecimal(value, max) ?? refuse(`${name}= and a number from 0 to ${max}`, value)
}

/**
 * Parses a pair of ports or channels `a-b`; a single number `a` means `a` and `a + 1`.
 *
 * @param name - Name of the parameter, for the message.
 */
function parsePair(name: string, value: string): NumberPair {
  const dash = value.indexOf('-')
  if (dash === -1) {
    const first = parseNumber(name, value, maxPort - 1)
    return [first, first + 1]
  }
  const first = trimLinearSpace(value.slice(0, dash))
  const second = trimLinearSpace(value.slice(dash + 1))
  return [parseNumber(name, first, maxPort), parseNumber(name, second, maxPort)]
}

/** Maximum number of hexadecimal digits of an SSRC. */
export const maxSsrcDigits = 8

function parseSsrc(value: string): number {
  let ssrc = 0
  for (const digit of value.length <= maxSsrcDigits ? value : '') {
    const nibble = '0123456789abcdef'.indexOf(digit.toLowerCase())
    if (nibble === -1) return refuse('ssrc= and hex digits', value)
    ssrc = ssrc * 16 + nibble
  }
  return value === '' || value.length > maxSsrcDigits
    ? refuse('ssrc= and 8 hex digits', value)
    : ssrc
}

/** Returns the first known mode in the list of a `mode` parameter; `undefined` if there is none. */
function parseMode(value: string): 'PLAY' | 'RECORD' | undefined {
  for (const piece of value.split(',')) {
    const mode = trimLinearSpace(piece).toUpperCase()
    if (mode === 'PLAY') return 'PLAY'
    // Old FFmpeg versions send `receive`.
    if (mode === 'RECORD' || mode === 'RECEIVE') return 'RECORD'
  }
  return trimLinearSpace(value) === '' ? refuse('mode= and a method', value) : undefined
}

/** Stores a parameter of a Transport alternative in `spec`. @returns `false` if the name is unknown */
function applyParameter(spec: MutableSpec, name: string, value: string | undefined): boolean {
  switch (name) {
    case 'unicast':
    case 'multicast':
      spec.delivery = name
      return true
    case 'append':
      spec.append = true
      return true
    case 'destination':
      spec.destination = value ?? ''
      return true
  }
  const text = value ?? ''
  switch (name) {
    case 'source':
      spec.source = text
      return true
    case 'interleaved':
      spec.interleaved = parsePair(name, text)
      return true
    case 'client_port':
      spec.clientPort = parsePair(name, text)
      return true
    case 'server_port':
      spec.serverPort = parsePair(name, text)
      return true
    case 'port':
      spec.port = parsePair(name, text)
      return true
    case 'ttl':
      spec.ttl = parseNumber(name, text, 255)
      return true
    case 'layers':
      spec.layers = parseNumber(name, text, 255)
      return true
    case 'ssrc':
      spec.ssrc = parseSsrc(text)
      return true
    case 'mode':
      applyMode(spec, text)
      return true
    default:
      return false
  }
}

function applyMode(spec: MutableSpec, value: string): void {
  const mode = parseMode(value)
  if (mode === undefined) spec.isSupported = false
  else spec.mode = mode
}

function parseParameter(text: string): readonly [name: string, value: string | undefined] {
  const equals = text.indexOf('=')
  const name = trimLinearSpace(equals === -1 ? text : text.slice(0, equals)).toLowerCase()
  if (!isToken(name)) refuse('name or name=value', text)
  if (equals === -1) return [name, undefined]
  const value = unquote(trimLinearSpace(text.slice(equals + 1)))
  return value === undefined ? refuse('a quoted string', text) : [name, value]
}

/** Parses the transport identifier of an alternative: `RTP/AVP`, `RTP/AVP/TCP`, or one outside the standards. */
function parseTransportId(text: string): MutableSpec {
  const pieces = text.split('/')
  if (pieces.length < 2 || pieces.length > 3 || !pieces.every(isToken)) {
    refuse('protocol/profile or protocol/profile/lower-transport', text)
  }
  const [protocol = '', profile = '', lowerTransport = 'UDP'] = pieces
  const upper = [protocol, profile, lowerTransport].map((piece) => piece.toUpperCase())
  const [upperProtocol = '', upperProfile = '', upperLower = ''] = upper
  const isLowerKnown = lowerTransports.includes(upperLower)
  const isProfileKnown = profiles.includes(upperProfile)
  return {
    isSupported: upperProtocol === 'RTP' && isProfileKnown && isLowerKnown,
    protocol: upperProtocol === 'RTP' ? upperProtocol : protocol,
    profile: isProfileKnown ? upperProfile : profile,
    lowerTransport: isLowerKnown ? upperLower : lowerTransport,
    delivery: undefined,
    append: false,
    parameters: [],
  }
}

/**
 * Returns the name under which a parameter may occur only once in an alternative. `unicast` and `multicast` share a
 * name, because they exclude each other.
 */
const onceKey = (name: string): string => (name === 'multicast' ? 'unicast' : name)

function parseSpec(text: string): TransportSpec {
  const pieces = splitOutsideQuotes(text, ';', maxParameters + 1) ?? []
  if (pieces.length > maxParameters + 1) refuse(`at most ${maxParameters} parameters`, text)
  const spec = parseTransportId(pieces[0] ?? '')
  const isIdKnown = spec.isSupported
  const seen = new Set<string>()
  for (const piece of pieces.slice(1)) {
    // A `;` at the end, or two in a row, have no meaning.
    if (piece === '') continue
    const [name, value] = parseParameter(piece)
    if (!isIdKnown || !applyParameter(spec, name, value)) {
      spec.parameters.push([name, value])
    } else if (seen.has(onceKey(name))) {
      refuse(`${name} once`, text)
    } else {
      seen.add(onceKey(name))
    }
  }
  return spec
}

/**
 * Parses the alternatives of a Transport header, in the client's order of preference.
 *
 * An unsupported alternative (`RTP/FOO`, `x/y`, an unknown mode) is returned with `isSupported:
 * false`. An alternative with a known protocol and a broken parameter makes the whole header
 * invalid.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE`
 * @see RFC 2326 section 12.39
 */
export function parseTransport(value: string): TransportSpec[] {
  const alternatives = splitOutsideQuotes(value, ',', maxAlternatives)
  if (alternatives === undefined) refuse('an end of the quoted string', value)
  if (alternatives.length > maxAlternatives) {
    refuse(`at most ${maxAlternatives} alternatives`, value)
  }
  return alternatives.map(parseSpec)
}
