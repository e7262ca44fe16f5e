import { RequestError } from '../../errors.js'
import {
  hasControlCode,
  parseDecimal,
  quoteReceived,
  trimLinearSpace,
  unquote,
} from '../grammar.js'

/** Entry of the RTP-Info header about one track. */
export interface RtpInfoEntry {
  /** URI with which the client set up the track. */
  readonly url: string
  /** Sequence number of the first RTP packet after the PLAY, 16 bits. */
  readonly seq?: number
  /** RTP timestamp at the start of the range that is played, 32 bits, in ticks. */
  readonly rtptime?: number
}

const maxSeq = 2 ** 16 - 1
const maxRtpTime = 2 ** 32 - 1
const urlPrefix = 'url='
/** Maximum number of entries in an RTP-Info header; one with more is refused. No presentation has as many tracks. */
const maxEntries = 256

function refuse(expected: string, got: string): never {
  throw new RequestError(
    'ERR_HEADER_VALUE',
    `RTP-Info: expected ${expected}, got ${quoteReceived(got)}`,
    { context: { header: 'RTP-Info' } },
  )
}

const isUrlPiece = (piece: string): boolean =>
  trimLinearSpace(piece.slice(0, urlPrefix.length + 8))
    .toLowerCase()
    .startsWith(urlPrefix)

/** Splits an RTP-Info header into entries. A comma may be part of a URL, so a new entry begins only before `url=`. */
function splitEntries(value: string): string[] {
  const entries: string[][] = []
  for (const piece of value.split(',')) {
    const last = entries.at(-1)
    if (last === undefined || isUrlPiece(piece)) entries.push([piece])
    else last.push(piece)
  }
  return entries.map((pieces) => pieces.join(','))
}

/** Returns whether a text can be the URI in an RTP-Info entry: no space, quote or control character. */
const isUrl = (text: string): boolean =>
  text !== '' && !text.includes(' ') && !text.includes('"') && !hasControlCode(text, false)

function parseEntry(text: string): RtpInfoEntry {
  const pieces = text.split(';')
  const entry: { url: string; seq?: number; rtptime?: number } = { url: '' }
  let end = pieces.length
  // Starts at the end, because the URL may have semicolons.
  for (; end > 1; end--) {
    const piece = trimLinearSpace(pieces[end - 1] ?? '')
    const lower = piece.toLowerCase()
    if (lower.startsWith('seq=')) {
      entry.seq = parseDecimal(piece.slice(4), maxSeq) ?? refuse('seq= of 16 bits', piece)
    } else if (lower.startsWith('rtptime=')) {
      entry.rtptime =
        parseDecimal(piece.slice(8), maxRtpTime) ?? refuse('rtptime= of 32 bits', piece)
    } else if (piece !== '') {
      break
    }
  }
  const urlText = trimLinearSpace(pieces.slice(0, end).join(';'))
  if (!isUrlPiece(urlText)) refuse('url=', text)
  entry.url = unquote(trimLinearSpace(urlText.slice(urlPrefix.length))) ?? ''
  return isUrl(entry.url) ? entry : refuse('url= and a URI', text)
}

/**
 * Parses an RTP-Info header.
 *
 * @returns One entry for each track, in the order of the header.
 * @throws {RequestError} `ERR_HEADER_VALUE`
 * @see RFC 2326 section 12.33
 */
export function parseRtpInfo(value: string): RtpInfoEntry[] {
  const entries = splitEntries(value)
  if (entries.length > maxEntries) refuse(`at most ${maxEntries} entries`, value)
  return entries.map(parseEntry)
}

function checkInteger(name: string, value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${name} must be a whole number from 0 to ${max}, got ${value}`)
  }
  return value
}

function serializeEntry(entry: RtpInfoEntry): string {
  const { url, seq, rtptime } = entry
  if (!isUrl(url)) throw new TypeError(`url must be a URI, got ${quoteReceived(url)}`)
  const seqText = seq === undefined ? '' : `;seq=${checkInteger('seq', seq, maxSeq)}`
  if (rtptime === undefined) return `url=${url}${seqText}`
  return `url=${url}${seqText};rtptime=${checkInteger('rtptime', rtptime, maxRtpTime)}`
}

/**
 * Serializes the value of an RTP-Info header.
 *
 * @throws {TypeError} when a URL is empty or has a space, a quote or a control character.
 * @throws {RangeError} when a number does not fit into its field.
 */
export function serializeRtpInfo(entries: readonly RtpInfoEntry[]): string {
  return entries.map(serializeEntry).join(',')
}
