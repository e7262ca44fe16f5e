/**
 * Limits of the parser for one message. The parser checks each limit before it stores the bytes.
 */
export interface RtspParserLimits {
  /** Maximum length in bytes of a start line or header line, without its line end. @default 8192 */
  readonly maxLineBytes?: number
  /** Maximum length of the request URI, in bytes. @default 2048 */
  readonly maxUriBytes?: number
  /** Maximum length of a method, in bytes. @default 64 */
  readonly maxMethodBytes?: number
  /** Maximum number of header lines in a message. 0 refuses every header. @default 255 */
  readonly maxHeaders?: number
  /**
   * Maximum size of all header lines of a message without their line ends, in bytes. @default 65536
   */
  readonly maxHeaderBytes?: number
  /** Maximum Content-Length, in bytes. 0 refuses every body. @default 131072 */
  readonly maxBodyBytes?: number
}

export const rtspParserLimitsDefaults = Object.freeze({
  maxLineBytes: 8 * 1024,
  maxUriBytes: 2 * 1024,
  maxMethodBytes: 64,
  maxHeaders: 255,
  maxHeaderBytes: 64 * 1024,
  maxBodyBytes: 128 * 1024,
} as const satisfies Required<RtspParserLimits>)

type LimitName = keyof RtspParserLimits

const limitNames = Object.keys(rtspParserLimitsDefaults) as LimitName[]

/**
 * Returns all limits; those left out have their defaults.
 *
 * @throws {RangeError} when a limit is not a whole number of 0 or more.
 */
export function resolveRtspParserLimits(
  limits?: RtspParserLimits,
): Readonly<Required<RtspParserLimits>> {
  if (!limits) return rtspParserLimitsDefaults
  const resolved: Record<LimitName, number> = { ...rtspParserLimitsDefaults }
  for (const name of limitNames) {
    const value = limits[name]
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a whole number of 0 or more, got ${String(value)}`)
    }
    resolved[name] = value
  }
  return Object.freeze(resolved)
}
