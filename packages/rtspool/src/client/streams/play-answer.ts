import { RtspError } from '../../errors.js'
import { parseRange, parseRtpInfo, type RtpInfoEntry, type RtspResponse } from '../../rtsp/index.js'
import type { RtspPlayAnswer } from '../rtsp-client.js'

/** Matches a number of the Scale and Speed headers (RFC 2326 sections 12.34 and 12.35). */
const decimal = /^\s*([-+]?\d{1,9}(?:\.\d{0,9})?)\s*$/

/** Reads Range, Scale and Speed in the response to PLAY; each is `undefined` if it cannot be read. */
export const readPlayAnswer = (response: RtspResponse): RtspPlayAnswer => ({
  range: read(response, 'range', parseRange),
  scale: read(response, 'scale', numberOf),
  speed: read(response, 'speed', numberOf),
})

/** Returns the entries of the RTP-Info header, one for each track; empty without a readable header. */
export const rtpInfoOf = (response: RtspResponse): readonly RtpInfoEntry[] =>
  read(response, 'rtp-info', parseRtpInfo) ?? []

function read<T>(response: RtspResponse, name: string, parse: (text: string) => T): T | undefined {
  const value = response.headers.get(name)
  if (value === undefined) return undefined
  try {
    return parse(value)
  } catch (error) {
    if (error instanceof RtspError) return undefined
    throw error
  }
}

function numberOf(text: string): number | undefined {
  const [, digits] = decimal.exec(text) ?? []
  return digits === undefined ? undefined : Number(digits)
}
