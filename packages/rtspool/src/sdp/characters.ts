const tab = 0x09
const firstPrintable = 0x20
const del = 0x7f

/**
 * Returns the index of the first character forbidden in SDP lines (NUL, CR, LF, other controls), or
 * -1.
 */
export function controlCharacterAt(text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if ((code < firstPrintable && code !== tab) || code === del) return index
  }
  return -1
}

/**
 * Checks that a text contains nothing that would break its line of SDP, or start a new one.
 *
 * @param what - Name of the text, for the message.
 * @throws {RangeError} The text contains a control character.
 */
export function requireLineText(text: string, what: string): void {
  if (controlCharacterAt(text) !== -1) {
    throw new RangeError(`${what} must not hold control characters, got ${JSON.stringify(text)}`)
  }
}
