import { isUtf8 } from 'node:buffer'
import { parseMediaLine, parseSdp, type SessionDescription, sdpLimits } from '../../sdp/index.js'

const mediaPrefix = 'm='
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const controlCharacters = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g

/**
 * Parses the description of a server as cameras write it. Beyond the tolerance of `parseSdp`, accepts a missing or odd
 * `v=`, control characters, and media of a vendor's own (`m=application/TP-LINK 0 RTP/AVP smart/1/90000`). Lines beyond
 * the limits of `parseSdp` are left out.
 *
 * @throws {RequestError} `ERR_SDP` for more than 64 KiB.
 */
export function readDescription(body: Buffer): SessionDescription {
  const lines = ['v=0']
  let mediaCount = 0
  for (const line of body.toString(isUtf8(body) ? 'utf8' : 'latin1').split(/\r\n|\n|\r/)) {
    const text = line.replace(controlCharacters, '').trim()
    if (text.startsWith('v=') || text === '' || lines.length === sdpLimits.lines) continue
    if (!text.startsWith(mediaPrefix)) lines.push(text)
    else if (++mediaCount > sdpLimits.media) break
    else lines.push(`${mediaPrefix}${readableMediaLine(text.slice(mediaPrefix.length))}`)
  }
  return parseSdp(lines.join('\r\n'))
}

/**
 * Returns an `m=` line that can be parsed. A broken line is replaced by one of the kind
 * `application`, so that the lines below it stay together.
 */
function readableMediaLine(value: string): string {
  if (parseMediaLine(value)) return value
  const [kind = '', ...words] = value.split(/\s+/)
  const repaired = [/^[A-Za-z]+/.exec(kind)?.[0] ?? 'application', ...words].join(' ')
  return parseMediaLine(repaired) ? repaired : 'application 0 RTP/AVP'
}
