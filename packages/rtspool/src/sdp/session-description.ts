import { requireLineText } from './characters.js'
import type { MediaDescription } from './media-description.js'
import type { SdpLine, SdpSection } from './section.js'

/**
 * A session description (RFC 8866): the lines above the first `m=` line, and one section for each
 * `m=` line.
 */
export interface SessionDescription {
  readonly session: SdpSection
  readonly media: MediaDescription[]
}

/**
 * Serializes a description; every line ends with CRLF.
 *
 * @throws {RangeError} A line would break into two, or contain a control character.
 */
export function serializeSdp(description: SessionDescription): string {
  const lines = description.session.lines.map(serializeLine)
  for (const media of description.media) {
    lines.push(serializeLine({ type: 'm', value: media.mediaLine }))
    for (const line of media.section.lines) lines.push(serializeLine(line))
  }
  return lines.join('')
}

function serializeLine({ type, value }: SdpLine): string {
  requireLineText(type, 'the type of an SDP line')
  requireLineText(value, `the value of the SDP line ${type}=`)
  return `${type}=${value}\r\n`
}
