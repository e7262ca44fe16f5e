/** Methods of RTSP/1.0 (RFC 2326 section 10, table 2). */
export const rtspMethods = Object.freeze([
  'OPTIONS',
  'DESCRIBE',
  'ANNOUNCE',
  'SETUP',
  'PLAY',
  'RECORD',
  'PAUSE',
  'TEARDOWN',
  'GET_PARAMETER',
  'SET_PARAMETER',
  'REDIRECT',
] as const)

export type RtspMethod = (typeof rtspMethods)[number]

/** Returns whether a method is one of {@link rtspMethods}, with exactly this spelling: methods are case-sensitive. */
export const isRtspMethod = (method: string): method is RtspMethod =>
  (rtspMethods as readonly string[]).includes(method)
