import { isControlCode } from './grammar.js'

/** Why a line cannot be text: the byte and where in the line it is. */
export interface ForbiddenByte {
  readonly byte: number
  readonly index: number
}

const HTAB = 0x09

/**
 * Decodes a line: ASCII nearly always, UTF-8 where a peer sends more than that.
 *
 * NUL, a CR inside the line and all other control characters are refused here, so no later stage
 * meets them. Bytes that are not UTF-8 become U+FFFD.
 *
 * @param line - Without its line end.
 * @param isTabAllowed - HTAB may stand in the value of a header, not in a start line.
 */
export function decodeLine(
  bytes: Buffer,
  start: number,
  end: number,
  isTabAllowed: boolean,
): string | ForbiddenByte {
  let isAscii = true
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte >= 0x80) isAscii = false
    else if (isControlCode(byte) && !(byte === HTAB && isTabAllowed)) {
      return { byte, index: at - start }
    }
  }
  return bytes.toString(isAscii ? 'latin1' : 'utf8', start, end)
}
