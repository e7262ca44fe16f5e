/** Character classes of the RTSP grammar. */

export { quoteReceived } from '../errors.js'

export const isDigitCode = (code: number): boolean => code >= 0x30 && code <= 0x39

/** Returns whether a code is a CTL of RFC 2326 section 15.1: 0 to 31 and DEL. */
export const isControlCode = (code: number): boolean => code < 0x20 || code === 0x7f

const tokenSeparators = '()<>@,;:\\"/[]?={}'

/** Table of ASCII codes: 1 if the code may be in a `token` (RFC 2326 section 15.1), else 0. */
const tokenTable: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) =>
  code > 0x20 && code < 0x7f && !tokenSeparators.includes(String.fromCharCode(code)) ? 1 : 0,
)

export const isTokenCode = (code: number): boolean => tokenTable[code] === 1

/** Returns whether the text consists of token characters only, at least one. */
export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (!isTokenCode(text.charCodeAt(at))) return false
  }
  return text.length > 0
}

/**
 * Returns whether the text consists of decimal digits only, at least one, without sign or space.
 */
export function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (!isDigitCode(text.charCodeAt(at))) return false
  }
  return text.length > 0
}

/**
 * Returns whether the text contains a control character. A tab (HTAB) counts as one unless
 * `isTabAllowed`.
 */
export function hasControlCode(text: string, isTabAllowed: boolean): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isControlCode(code) && !(isTabAllowed && code === 0x09)) return true
  }
  return false
}

/**
 * Parses a text of decimal digits to a number.
 *
 * @param max - Highest accepted number.
 * @returns `undefined` if the text is not plain digits or exceeds `max`.
 */
export function parseDecimal(text: string, max: number): number | undefined {
  if (text.length === 0) return undefined
  let value = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (!isDigitCode(code)) return undefined
    value = value * 10 + (code - 0x30)
    if (value > max) return undefined
  }
  return value
}

const isLinearSpace = (code: number): boolean => code === 0x20 || code === 0x09

/** Removes spaces and tabs at both ends of a text; keeps other white space, unlike `String.prototype.trim`. */
export function trimLinearSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isLinearSpace(text.charCodeAt(start))) start++
  while (end > start && isLinearSpace(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

/**
 * Splits a text at a separator outside of quoted strings. The pieces are trimmed and keep their quotes; empty pieces
 * are kept.
 *
 * @param separator - One character.
 * @param max - Maximum number of pieces. If there are more, at least one more is returned; the rest is left out or
 *   part of the last.
 * @returns `undefined` if a quoted string does not end.
 */
export function splitOutsideQuotes(
  text: string,
  separator: string,
  max = Number.POSITIVE_INFINITY,
): string[] | undefined {
  const separatorCode = separator.charCodeAt(0)
  const pieces: string[] = []
  let isQuoted = false
  let start = 0
  for (let at = 0; at < text.length && pieces.length <= max; at++) {
    const code = text.charCodeAt(at)
    if (isQuoted) {
      if (code === 0x5c /* \ */) at++
      else if (code === 0x22 /* " */) isQuoted = false
    } else if (code === 0x22 /* " */) {
      isQuoted = true
    } else if (code === separatorCode) {
      pieces.push(trimLinearSpace(text.slice(start, at)))
      start = at + 1
    }
  }
  if (isQuoted) return undefined
  pieces.push(trimLinearSpace(text.slice(start)))
  return pieces
}

/**
 * Returns the content of a quoted string with `\x` replaced by `x`; other text stays unchanged.
 *
 * @returns `undefined` if there are quotes that do not enclose the whole text.
 */
export function unquote(text: string): string | undefined {
  if (!text.includes('"')) return text
  if (text.length < 2 || text[0] !== '"') return undefined
  let content = ''
  let start = 1
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c /* \ */) {
      content += text.slice(start, at)
      start = at + 1
      at++
    } else if (code === 0x22 /* " */) {
      return at === text.length - 1 ? content + text.slice(start, at) : undefined
    }
  }
  return undefined
}

/** Returns a text as a quoted string, with `"` and `\` escaped. */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** Replaces user and password of a URI by `***`, for error messages. */
export function withoutUserinfo(text: string): string {
  const start = text.indexOf('://')
  if (start === -1) return text
  const end = text.indexOf('/', start + 3)
  const at = text.lastIndexOf('@', end === -1 ? text.length : end)
  return at < start + 3 ? text : `${text.slice(0, start + 3)}***${text.slice(at)}`
}
