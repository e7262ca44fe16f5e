import { hasControlCode, isToken, quote, quoteReceived } from '../grammar.js'
import { maxSsrcDigits, type NumberPair, type TransportSpecInit } from './transport.js'

const serializePair = (pair: NumberPair): string => `${pair[0]}-${pair[1]}`

/** Matches a character that must not appear in a value of a Transport parameter outside of quotes. */
const needsQuotes = /[ \t,;="\\]/

/** Returns the value of a Transport parameter unchanged if its characters allow it, otherwise as a quoted string. */
function serializeValue(value: string): string {
  if (hasControlCode(value, true)) {
    throw new TypeError('values of Transport must not have control characters')
  }
  return value === '' || needsQuotes.test(value) ? quote(value) : value
}

function serializeParameter(name: string, value: string | undefined): string {
  if (!isToken(name)) throw new TypeError(`parameter must be a token, got ${quoteReceived(name)}`)
  return value === undefined ? name : `${name}=${serializeValue(value)}`
}

/** Formats an SSRC as eight hexadecimal digits, which clients expect. */
const serializeSsrc = (ssrc: number): string =>
  (ssrc >>> 0).toString(16).toUpperCase().padStart(maxSsrcDigits, '0')

/**
 * Serializes one alternative of a Transport header, with its parameters in the order of GStreamer and FFmpeg.
 *
 * @throws {TypeError} when a value has control characters, or a name is not a token.
 */
export function serializeTransport(spec: TransportSpecInit): string {
  const { protocol = 'RTP', profile, lowerTransport } = spec
  const id = [protocol, profile]
  if (lowerTransport !== 'UDP') id.push(lowerTransport)
  if (!id.every(isToken)) throw new TypeError('protocol, profile, lower transport must be tokens')

  const out = [id.join('/')]
  if (spec.delivery !== undefined) out.push(spec.delivery)
  if (spec.destination === '') out.push('destination')
  else if (spec.destination !== undefined)
    out.push(`destination=${serializeValue(spec.destination)}`)
  if (spec.source !== undefined) out.push(`source=${serializeValue(spec.source)}`)
  if (spec.interleaved !== undefined) out.push(`interleaved=${serializePair(spec.interleaved)}`)
  if (spec.port !== undefined) out.push(`port=${serializePair(spec.port)}`)
  if (spec.ttl !== undefined) out.push(`ttl=${spec.ttl}`)
  if (spec.layers !== undefined) out.push(`layers=${spec.layers}`)
  if (spec.clientPort !== undefined) out.push(`client_port=${serializePair(spec.clientPort)}`)
  if (spec.serverPort !== undefined) out.push(`server_port=${serializePair(spec.serverPort)}`)
  if (spec.ssrc !== undefined) out.push(`ssrc=${serializeSsrc(spec.ssrc)}`)
  if (spec.mode !== undefined) out.push(`mode="${spec.mode}"`)
  if (spec.append === true) out.push('append')
  for (const [name, value] of spec.parameters ?? []) out.push(serializeParameter(name, value))
  return out.join(';')
}
