import { isUtf8 } from 'node:buffer'
import { quoteReceived, RequestError } from '../errors.js'
import { controlCharacterAt } from './characters.js'
import { MediaDescription, parseMediaLine } from './media-description.js'
import { type SdpLine, SdpSection } from './section.js'
import type { SessionDescription } from './session-description.js'

/** What a description may grow to; more is refused. */
export const sdpLimits = Object.freeze({ sizeBytes: 64 * 1024, lines: 4096, media: 64 })

/** Longest piece of a broken line that an error repeats. */
const excerptLength = 60

/**
 * Reads a session description as real publishers write it.
 *
 * Tolerated: LF alone as line end, blank lines, missing `o=`, `s=` or `t=`, any order below `v=`, unknown
 * lines and attributes. Nothing is dropped but blank lines, so {@link serializeSdp} gives the same text.
 * Bytes that are not UTF-8 are read as Latin-1.
 *
 * @throws {RequestError} `ERR_SDP`, with `line` (from 1), `expected` and `got` in its context.
 * @see RFC 8866 section 9
 */
export function parseSdp(text: string | Buffer): SessionDescription {
  const session = new SdpSection()
  const media: MediaDescription[] = []
  let section: SdpSection | undefined
  for (const { number, content } of numberedLines(text)) {
    const line = parseLine(content, number)
    if (section === undefined) {
      if (line.type !== 'v' || line.value.trim() !== '0') fail(number, 'v=0', content)
      section = session
    }
    if (line.type === 'm') {
      const description = parseMedia(line.value, number)
      if (media.length === sdpLimits.media)
        fail(number, `at most ${sdpLimits.media} media`, content)
      media.push(description)
      section = description.section
    } else {
      section.lines.push(line)
    }
  }
  if (section === undefined) fail(1, 'v=0', '')
  return { session, media }
}

interface NumberedLine {
  readonly number: number
  readonly content: string
}

/** The lines that are not blank, numbered as an editor numbers them. */
function numberedLines(text: string | Buffer): NumberedLine[] {
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes > sdpLimits.sizeBytes) {
    fail(1, `at most ${sdpLimits.sizeBytes} bytes`, `${sizeBytes} bytes`)
  }
  const lines = decode(text).split('\n')
  if (lines.length > sdpLimits.lines + 1) {
    fail(sdpLimits.lines + 1, `at most ${sdpLimits.lines} lines`, `${lines.length} lines`)
  }
  return lines
    .map((line, index) => ({
      number: index + 1,
      content: line.endsWith('\r') ? line.slice(0, -1) : line,
    }))
    .filter(({ content }) => content !== '')
}

function decode(text: string | Buffer): string {
  if (typeof text === 'string') return text
  return text.toString(isUtf8(text) ? 'utf8' : 'latin1')
}

function parseLine(content: string, number: number): SdpLine {
  const badIndex = controlCharacterAt(content)
  if (badIndex !== -1) fail(number, 'no control characters', content.slice(badIndex))
  if (!/^[A-Za-z]=/.test(content)) fail(number, '<letter>=<value>', content)
  return { type: content.charAt(0), value: content.slice(2) }
}

function parseMedia(value: string, number: number): MediaDescription {
  const line = parseMediaLine(value)
  if (line === undefined) fail(number, 'm=<media> <port> <protocol> <formats>', `m=${value}`)
  return new MediaDescription(line, new SdpSection(), value)
}

function fail(line: number, expected: string, received: string): never {
  const got = received.length > excerptLength ? `${received.slice(0, excerptLength)}…` : received
  throw new RequestError(
    'ERR_SDP',
    `SDP line ${line}: expected ${expected}, got ${quoteReceived(received)}`,
    { context: { line, expected, got } },
  )
}
