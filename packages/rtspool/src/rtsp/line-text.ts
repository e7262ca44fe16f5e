/** First control character in a received line, which makes the line invalid, and its index in the line. */
export interface ForbiddenByte {
  readonly byte: number
  readonly index: number
}

// Regular expressions, because they check a long line several times faster than a loop over its
// bytes.
/** Matches a character outside printable ASCII in a received line. Most lines contain none. */
const beyondPrintableAscii = /[^\x20-\x7e]/
const beyondAscii = /[\x80-\xff]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCode = /[\x00-\x1f\x7f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCodeButTab = /[\x00-\x08\x0a-\x1f\x7f]/

/**
 * Decodes a line of an RTSP message as UTF-8. Bytes that are not UTF-8 become U+FFFD.
 *
 * @param bytes - Contains the line from `start` up to `end`, without its line end.
 * @param isTabAllowed - Allows HTAB, as in the value of a header, but not in a start line.
 * @returns The text, or the first control character (such as NUL or CR), which makes the line invalid.
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
