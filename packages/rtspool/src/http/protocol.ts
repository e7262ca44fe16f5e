/** Telling HTTP from RTSP where both come to the same port. */

/** The methods that tunnels and WebSockets begin with, and the space that GET_PARAMETER does not have. */
const prefixes = [Buffer.from('GET '), Buffer.from('POST ')]
const LF = 0x0a
/** A first line that is longer is nobody's, and left to the HTTP head to refuse. */
const maxFirstLineBytes = 4096

/**
 * Tells by its first bytes what a connection speaks.
 *
 * @param bytes - All that has come so far, at least one byte.
 * @returns `undefined` while it could be both.
 */
export function protocolOf(bytes: Buffer): 'http' | 'rtsp' | undefined {
  const prefix = prefixes.find((each) => startsAlike(bytes, each))
  if (!prefix) return 'rtsp'
  if (bytes.length < prefix.length) return undefined
  const lineEnd = bytes.subarray(0, maxFirstLineBytes).indexOf(LF)
  if (lineEnd < 0) return bytes.length < maxFirstLineBytes ? undefined : 'http'
  // A method of RTSP that nobody has heard of is still RTSP.
  return /\sRTSP\/\d\.\d\s*$/.test(bytes.toString('latin1', 0, lineEnd)) ? 'rtsp' : 'http'
}

/** Whether one of the two is the beginning of the other. */
function startsAlike(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length)
  for (let at = 0; at < length; at++) if (bytes[at] !== prefix[at]) return false
  return true
}
