import { isUtf8 } from 'node:buffer'
import { bufferOf } from '../bytes.js'
import { quoteReceived, RequestError } from '../errors.js'
import { kindOf } from '../option-checks.js'
import { controlCharacterAt } from './characters.js'
import { isWellFormedMediaLine, MediaDescription, parseMediaLine } from './media-description.js'
import { type SdpLine, SdpSection } from './section.js'
import type { SessionDescription } from './session-description.js'

/** Limits of a session description; a larger one is refused. */
export const sdpLimits = Object.freeze({ sizeBytes: 64 * 1024, lines: 512, media: 64 })

/** Maximum number of characters of a broken line that the message of an error contains. */
const excerptLength = 60

/**
 * Parses a session description as real publishers write it.
 *
 * Tolerates faults that do not matter for RTSP: a byte order mark, LF or CR alone, blank lines,
 * NULs after a line, spaces around the type. Also tolerates unknown types and attributes, any order
 * above the first `m=`, missing `o=`, `s=` or `t=`, and invalid ports. Lines that are not
 * `<letter>=<value>` are left out; {@link serializeSdp} writes well-formed lines unchanged. Bytes
 * that are not UTF-8 are read as Latin-1.
 *
 * @throws {RequestError} `ERR_SDP`, with `line` (from 1), `expected` and `got` in its context.
 * @throws {TypeError} when `text` is neither a string nor bytes.
 * @see RFC 8866 section 9
 */
export function parseSdp(text: string | Uint8Array): SessionDescription {
  const session = new SdpSection()
  const media: MediaDescription[] = []
  let section = session
  let hasVersion = false
  for (const { number, content } of numberedLines(text)) {
    const line = parseLine(content, number)
    if (!line) continue
    if (line.type === 'v') {
      if (line.value.trim() !== '0') fail(number, 'v=0', content)
      if (!hasVersion) session.lines.unshift(line)
      hasVersion = true
    } else if (line.type === 'm') {
      if (!hasVersion) fail(number, 'v=0', content)
      const description = parseMedia(line.value, number)
      if (media.length === sdpLimits.media)
        fail(number, `at most ${sdpLimits.media} media`, content)
      media.push(description)
      section = description.section
    } else {
      section.lines.push(line)
    }
  }
  if (!hasVersion) fail(1, 'v=0', '')
  return { session, media }
}

interface NumberedLine {
  readonly number: number
  readonly content: string
}

/** Returns the lines of a session description that are not blank, with their line numbers from 1. */
function numberedLines(received: string | Uint8Array): NumberedLine[] {
  const text = typeof received === 'string' ? received : bufferOf(received)
  if (text === undefined) {
    throw new TypeError(`a description must be a string or a Uint8Array, got ${kindOf(received)}`)
  }
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes > sdpLimits.sizeBytes) {
    fail(1, `at most ${sdpLimits.sizeBytes} bytes`, `${sizeBytes} bytes`)
  }
  const lines = decode(text).split(/\r\n|\n|\r/, sdpLimits.lines + 2)
  if (lines.length > sdpLimits.lines + 1) {
    fail(sdpLimits.lines + 1, `at most ${sdpLimits.lines} lines`, 'more')
  }
  return lines
    .map((line, index) => ({ number: index + 1, content: withoutNuls(line) }))
    .filter(({ content }) => content.trim() !== '')
}

function decode(bytes: string | Buffer): string {
  const text = typeof bytes === 'string' ? bytes : decodeBytes(bytes)
  // Removes a byte order mark, and replaces the control characters of Latin-1, which no line may
  // contain.
  return text.replace(/^\ufeff/, '').replace(/[\u0080-\u009f]/g, '?')
}

function decodeBytes(bytes: Buffer): string {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const unmarked = isMarked ? bytes.subarray(3) : bytes
  return unmarked.toString(isUtf8(unmarked) ? 'utf8' : 'latin1')
}

/** Removes NULs at the end of a line of SDP, which some publishers send because they write C strings. */
function withoutNuls(line: string): string {
  let end = line.length
  while (end > 0 && line.charCodeAt(end - 1) === 0) end--
  return line.slice(0, end)
}

/**
 * Parses one line of a session description. @returns `undefined` for a line that is not of the form
 * `<letter>=<value>`
 */
function parseLine(content: string, number: number): SdpLine | undefined {
  const badIndex = controlCharacterAt(content)
  if (badIndex !== -1) fail(number, 'no control characters', content.slice(badIndex))
  const match = /^[ \t]*([A-Za-z])[ \t]*=/.exec(content)
  if (!match) return undefined
  const type = match[1] ?? ''
  const value = content.slice(match[0].length)
  return { type, value: type === 'a' ? attributeOf(value) : value }
}

/** Removes spaces and tabs before the name of an SDP attribute, and after it if the attribute has no value. */
const attributeOf = (value: string): string =>
  value.replace(value.includes(':') ? /^[ \t]+/ : /^[ \t]+|[ \t]+$/g, '')

function parseMedia(value: string, number: number): MediaDescription {
  const line = parseMediaLine(value)
  if (line === undefined) fail(number, 'm=<media> <port> <protocol> <formats>', `m=${value}`)
  return new MediaDescription(
    line,
    new SdpSection(),
    isWellFormedMediaLine(value) ? value : undefined,
  )
}

function fail(line: number, expected: string, received: string): never {
  const got = received.length > excerptLength ? `${received.slice(0, excerptLength)}…` : received
  throw new RequestError(
    'ERR_SDP',
    `SDP line ${line}: expected ${expected}, got ${quoteReceived(received)}`,
    { context: { line, expected, got } },
  )
}
