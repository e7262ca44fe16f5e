/** Distinguishes HTTP from RTSP on a shared port. */

/**
 * Beginnings of the requests that open tunnels and WebSockets. The space excludes GET_PARAMETER.
 */
const prefixes = [Buffer.from('GET '), Buffer.from('POST ')]
const LF = 0x0a
/**
 * Maximum length in bytes of a first line that is searched for `RTSP/`. A connection with a longer
 * one counts as HTTP, whose parser refuses the line.
 */
const maxFirstLineBytes = 4096

/**
 * Determines the protocol of a connection from its first bytes.
 *
 * @param bytes - All bytes received so far, at least one.
 * @returns `undefined` while the connection may still turn out to be either.
 */
export function protocolOf(bytes: Buffer): 'http' | 'rtsp' | undefined {
  const prefix = prefixes.find((each) => startsAlike(bytes, each))
  if (!prefix) return 'rtsp'
  if (bytes.length < prefix.length) return undefined
  const lineEnd = bytes.subarray(0, maxFirstLineBytes).indexOf(LF)
  if (lineEnd < 0) return bytes.length < maxFirstLineBytes ? undefined : 'http'
  // An unknown method of RTSP is still RTSP.
  return /\sRTSP\/\d\.\d\s*$/.test(bytes.toString('latin1', 0, lineEnd)) ? 'rtsp' : 'http'
}

/** Returns whether the received bytes are the beginning of `prefix`, or begin with it. */
function startsAlike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length)
  for (let at = 0; at < length; at++) if (bytes[at] !== prefix[at]) return false
  return true
}
