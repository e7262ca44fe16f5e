/**
 * Every error that the library raises about what came from a peer or about its own limits.
 *
 * The class says what happens to the connection, `code` says why, `statusCode` is what the wire hears.
 * Misuse of the API is a plain `TypeError` or `RangeError`. `docs/errors.md` is generated from `errorCodes`.
 */

interface ErrorEntry {
  readonly class: 'MalformedMessageError' | 'RequestError' | 'SessionPoolError' | 'TransportError'
  /** Default status of the RTSP response; 0 where no response is sent. */
  readonly statusCode: number
  readonly meaning: string
}

/** One line an error code: its class, the status code of the response, and what it means. */
export const errorCodes = {
  // rtsp/: bytes break the grammar
  ERR_RTSP_START_LINE: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'The first line of a message is neither a request line nor a status line.',
  },
  ERR_RTSP_HEADER_LINE: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'A header line has no name, a forbidden character, or is folded.',
  },
  ERR_RTSP_CONTENT_LENGTH: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'Content-Length is not a plain decimal number, or is given twice with two values.',
  },
  ERR_RTSP_TRANSFER_ENCODING: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'The message uses Transfer-Encoding, which RTSP does not have.',
  },
  ERR_RTSP_LINE_TOO_LONG: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'A line of a message is longer than the limit.',
  },
  ERR_RTSP_URI_TOO_LONG: {
    class: 'MalformedMessageError',
    statusCode: 414,
    meaning: 'The request URI is longer than the limit.',
  },
  ERR_RTSP_TOO_MANY_HEADERS: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'A message has more header lines, or more bytes of them, than the limit.',
  },
  ERR_RTSP_BODY_TOO_LARGE: {
    class: 'MalformedMessageError',
    statusCode: 413,
    meaning: 'Content-Length is larger than the limit.',
  },
  // http/: what a tunnel or a WebSocket comes in
  ERR_HTTP_HEAD: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'The head of an HTTP request breaks the grammar, or is longer than the limit.',
  },
  ERR_HTTP_TUNNEL_BASE64: {
    class: 'MalformedMessageError',
    statusCode: 0,
    meaning: 'What came through the POST of an HTTP tunnel is not base64.',
  },
  // server/: well formed, but refused
  ERR_CSEQ_MISSING: {
    class: 'RequestError',
    statusCode: 400,
    meaning: 'The request has no CSeq header.',
  },
  ERR_HEADER_VALUE: {
    class: 'RequestError',
    statusCode: 400,
    meaning: 'The value of a header cannot be understood.',
  },
  ERR_REQUEST_URI: {
    class: 'RequestError',
    statusCode: 400,
    meaning: 'The request URI is not an RTSP URI, or its path is not allowed.',
  },
  ERR_SDP: {
    class: 'RequestError',
    statusCode: 400,
    meaning: 'The session description cannot be understood.',
  },
  ERR_NOT_FOUND: {
    class: 'RequestError',
    statusCode: 404,
    meaning: 'Nothing is mounted at the path, or the media has no such track.',
  },
  ERR_FORBIDDEN: {
    class: 'RequestError',
    statusCode: 403,
    meaning: 'The request is understood and not allowed here.',
  },
  ERR_SERVER_CLOSING: {
    class: 'RequestError',
    statusCode: 503,
    meaning: 'The server is being closed: it makes no session and no media any more.',
  },
  ERR_METHOD_NOT_ALLOWED: {
    class: 'RequestError',
    statusCode: 405,
    meaning: 'The method is known, but not allowed on this resource.',
  },
  ERR_NOT_ACCEPTABLE: {
    class: 'RequestError',
    statusCode: 406,
    meaning: 'The client does not accept application/sdp.',
  },
  ERR_UNSUPPORTED_MEDIA_TYPE: {
    class: 'RequestError',
    statusCode: 415,
    meaning: 'The body has a type that the method does not take.',
  },
  ERR_TOO_MANY_PARAMETERS: {
    class: 'RequestError',
    statusCode: 413,
    meaning: 'The body names more parameters than the limit, or longer ones.',
  },
  ERR_SESSION_NOT_FOUND: {
    class: 'RequestError',
    statusCode: 454,
    meaning: 'The session id is missing, unknown, expired, or belongs to somebody else.',
  },
  ERR_METHOD_NOT_VALID_IN_STATE: {
    class: 'RequestError',
    statusCode: 455,
    meaning: 'The method is not valid in the state of the session.',
  },
  ERR_RANGE: {
    class: 'RequestError',
    statusCode: 457,
    meaning: 'The range lies outside the media.',
  },
  ERR_RANGE_NOT_APPLICABLE: {
    class: 'RequestError',
    statusCode: 456,
    meaning: 'Live media have no position that the range could name.',
  },
  ERR_RANGE_UNIT: {
    class: 'RequestError',
    statusCode: 501,
    meaning: 'The unit of the range is not implemented.',
  },
  ERR_AGGREGATE_NOT_ALLOWED: {
    class: 'RequestError',
    statusCode: 459,
    meaning: 'The URI cannot be controlled together with what the session holds already.',
  },
  ERR_ONLY_AGGREGATE_ALLOWED: {
    class: 'RequestError',
    statusCode: 460,
    meaning: 'The tracks of the session are controlled together; one of them alone cannot be.',
  },
  ERR_BACK_CHANNEL_IN_USE: {
    class: 'RequestError',
    statusCode: 453,
    meaning: 'As many clients as may speak over the back channel do so already.',
  },
  ERR_UNSUPPORTED_TRANSPORT: {
    class: 'RequestError',
    statusCode: 461,
    meaning: 'None of the transports that the client offers is supported here.',
  },
  ERR_KEY_MANAGEMENT: {
    class: 'RequestError',
    statusCode: 463,
    meaning: 'Keys for SRTP are missing, cannot be understood, or are weaker than allowed.',
  },
  ERR_NOT_IMPLEMENTED: {
    class: 'RequestError',
    statusCode: 501,
    meaning: 'The method is not known.',
  },
  ERR_VERSION: {
    class: 'RequestError',
    statusCode: 505,
    meaning: 'The version of the request is not RTSP/1.0.',
  },
  ERR_OPTION_UNSUPPORTED: {
    class: 'RequestError',
    statusCode: 551,
    meaning: 'Require or Proxy-Require names a feature that is not supported.',
  },
  ERR_REDIRECTED: {
    class: 'RequestError',
    statusCode: 302,
    meaning: 'The media is served elsewhere; `context.location` is the URI of that place.',
  },
  ERR_TOO_MANY_ATTEMPTS: {
    class: 'RequestError',
    statusCode: 503,
    meaning:
      'Too many requests with credentials wait already, after wrong ones from the same host.',
  },
  ERR_MEDIA_UNAVAILABLE: {
    class: 'RequestError',
    statusCode: 503,
    meaning: 'The source of the media could not be made or started, or not in time.',
  },
  // session/: our side cannot
  ERR_SESSION_POOL_FULL: {
    class: 'SessionPoolError',
    statusCode: 503,
    meaning: 'The pool holds as many sessions as it may.',
  },
  ERR_SESSION_PATH_FULL: {
    class: 'SessionPoolError',
    statusCode: 453,
    meaning: 'The path has as many sessions as it may.',
  },
  ERR_SESSION_NOT_ADMITTED: {
    class: 'SessionPoolError',
    statusCode: 403,
    meaning: 'The onAdmit hook of the session pool refused, or failed.',
  },
  ERR_SESSION_POOL_CLOSED: {
    class: 'SessionPoolError',
    statusCode: 503,
    meaning: 'The pool has been closed.',
  },
  ERR_SESSION_POOL_LOCKED: {
    class: 'SessionPoolError',
    statusCode: 500,
    meaning: 'A verb of the pool was called from inside the function given to filter.',
  },
  ERR_SESSION_ID_COLLISION: {
    class: 'SessionPoolError',
    statusCode: 503,
    meaning: 'A hundred ids in a row were taken already; the source of ids is broken.',
  },
  // transport/: a socket cannot
  ERR_UDP_PORTS_TAKEN: {
    class: 'TransportError',
    statusCode: 0,
    meaning: 'No even/odd pair of UDP ports is free in the range.',
  },
  ERR_WEB_SOCKET_PACKAGE: {
    class: 'TransportError',
    statusCode: 0,
    meaning: 'RTSP over WebSocket was asked for, and the package `ws` cannot be loaded.',
  },
  ERR_TLS_CERTIFICATE: {
    class: 'TransportError',
    statusCode: 0,
    meaning: 'The private key or the certificate cannot be read, or they do not belong together.',
  },
} as const satisfies Record<string, ErrorEntry>

/** The stable `code` of an {@link RtspError}. */
export type RtspErrorCode = keyof typeof errorCodes

type CodeOf<C extends ErrorEntry['class']> = {
  [K in RtspErrorCode]: (typeof errorCodes)[K]['class'] extends C ? K : never
}[RtspErrorCode]

export interface RtspErrorOptions {
  /** Facts for the log and for tests: offsets, limits, names. Never secrets. */
  readonly context?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
  /** Instead of the status code that belongs to the error code. */
  readonly statusCode?: number
}

/** Base of all errors of the library; catch this, then look at `code`. */
export abstract class RtspError extends Error {
  readonly code: RtspErrorCode
  /** RTSP status code of the response, or 0 where none is sent. */
  readonly statusCode: number
  readonly context: Readonly<Record<string, unknown>>

  protected constructor(code: RtspErrorCode, message: string, options: RtspErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.statusCode = options.statusCode ?? errorCodes[code].statusCode
    this.context = options.context ?? {}
  }
}

/** The bytes break the grammar. The connection is answered once and closed; nothing is resynchronised. */
export class MalformedMessageError extends RtspError {
  declare readonly code: CodeOf<'MalformedMessageError'>
  constructor(code: CodeOf<'MalformedMessageError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/** A well-formed request that is refused with a 4xx or 5xx; the connection goes on. */
export class RequestError extends RtspError {
  declare readonly code: CodeOf<'RequestError'>
  constructor(code: CodeOf<'RequestError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/** The session pool cannot do it. */
export class SessionPoolError extends RtspError {
  declare readonly code: CodeOf<'SessionPoolError'>
  constructor(code: CodeOf<'SessionPoolError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/** A socket or port cannot; the session that needs it ends and says why. */
export class TransportError extends RtspError {
  declare readonly code: CodeOf<'TransportError'>
  constructor(code: CodeOf<'TransportError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/** Longest piece of received text that a message of an error shows, in characters. */
const maxQuotedLength = 64

function escapeCode(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  return `\\u${code.toString(16).padStart(4, '0')}`
}

/** C0, DEL, C1, line separators, marks that change the direction of text, and lone surrogates. */
const isUnsafeToPrint = (code: number): boolean =>
  code < 0x20 ||
  (code >= 0x7f && code < 0xa0) ||
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x2028 && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069) ||
  (code >= 0xd800 && code <= 0xdfff) ||
  code === 0xfeff

/**
 * Received text, made safe for a log: in quotes, control characters escaped, cut at 64 characters.
 *
 * The caller leaves out what may be secret.
 */
export function quoteReceived(text: string): string {
  const isCut = text.length > maxQuotedLength
  const shown = isCut ? text.slice(0, maxQuotedLength) : text
  let safe = ''
  for (let at = 0; at < shown.length; at++) {
    const code = shown.charCodeAt(at)
    safe += isUnsafeToPrint(code) ? escapeCode(code) : shown[at]
  }
  return isCut ? `"${safe}"...` : `"${safe}"`
}
