const tab = 0x09
const firstPrintable = 0x20
const del = 0x7f

/** Index of the first character that no SDP line may hold (NUL, CR, LF, other controls), or -1. */
export function controlCharacterAt(text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if ((code < firstPrintable && code !== tab) || code === del) return index
  }
  return -1
}

/**
 * Refuses text that would start a new line, or break the one it is written into.
 *
 * @throws {RangeError} The text holds a control character.
 */
export function requireLineText(text: string, what: string): void {
  if (controlCharacterAt(text) !== -1) {
    throw new RangeError(`${what} must not hold control characters, got ${JSON.stringify(text)}`)
  }
}
