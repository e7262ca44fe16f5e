/** Why a line cannot be text: the byte and where in the line it is. */
export interface ForbiddenByte {
  readonly byte: number
  readonly index: number
}

// Regular expressions, because these look at a long line several times faster than a loop over its bytes.
/** Nothing of this is in most lines. */
const beyondPrintableAscii = /[^\x20-\x7e]/
const beyondAscii = /[\x80-\xff]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCode = /[\x00-\x1f\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCodeButTab = /[\x00-\x08\x0a-\x1f\x7f]/

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
  const text = bytes.toString('latin1', start, end)
  if (!beyondPrintableAscii.test(text)) return text
  const index = text.search(isTabAllowed ? controlCodeButTab : controlCode)
  if (index >= 0) return { byte: text.charCodeAt(index), index }
  return beyondAscii.test(text) ? bytes.toString('utf8', start, end) : text
}
