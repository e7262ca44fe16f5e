// Longer than usual: one table of all error codes, of which docs/reference/errors.md is made.

/**
 * Entry of `errorCodes` for one error of the library. Such an error concerns the input of a peer,
 * or a limit of the library.
 *
 * The class shows what happens to the connection, `code` gives the reason, and `statusCode` is the
 * status of the response. Misuse of the API is a plain `TypeError` or `RangeError`. The reference
 * page of errors is generated from `errorCodes`.
 */

interface ErrorEntry {
  readonly class:
    | 'MalformedMessageError'
    | 'RequestError'
    | 'SessionPoolError'
    | 'TransportError'
    | 'ClientError'
  /** Default status code of the RTSP response to the error; 0 if no response is sent. */
  readonly statusCode: number
  readonly meaning: string
}

/** Description of every error code of the library: class, status code of the response, and meaning. */
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
    meaning: 'Content-Length is not a plain decimal number, or is repeated with another value.',
  },
  ERR_RTSP_TRANSFER_ENCODING: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'The message uses Transfer-Encoding, which RTSP does not define.',
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
    meaning: 'A message has more header lines, or more bytes of header lines, than the limit.',
  },
  ERR_RTSP_BODY_TOO_LARGE: {
    class: 'MalformedMessageError',
    statusCode: 413,
    meaning: 'Content-Length is larger than the limit.',
  },
  // transport/tcp: the header of a proxy
  ERR_PROXY_HEADER: {
    class: 'MalformedMessageError',
    statusCode: 0,
    meaning: 'A trusted proxy has begun a connection without a valid PROXY header.',
  },
  // http/: the request that begins a tunnel or a WebSocket
  ERR_HTTP_HEAD: {
    class: 'MalformedMessageError',
    statusCode: 400,
    meaning: 'The head of an HTTP request breaks the grammar, or is longer than the limit.',
  },
  ERR_HTTP_TUNNEL_BASE64: {
    class: 'MalformedMessageError',
    statusCode: 0,
    meaning: 'The body of the POST of an HTTP tunnel is not base64.',
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
    meaning: 'The value of a header cannot be parsed.',
  },
  ERR_REQUEST_URI: {
    class: 'RequestError',
    statusCode: 400,
    meaning: 'The request URI is not an RTSP URI, or its path is not allowed.',
  },
  ERR_SDP: {
    class: 'RequestError',
    statusCode: 400,
    meaning: 'The session description cannot be parsed.',
  },
  ERR_NOT_FOUND: {
    class: 'RequestError',
    statusCode: 404,
    meaning: 'Nothing is mounted at the path, or the media has no such track.',
  },
  ERR_FORBIDDEN: {
    class: 'RequestError',
    statusCode: 403,
    meaning: 'The request is valid but not allowed here.',
  },
  ERR_SERVER_CLOSING: {
    class: 'RequestError',
    statusCode: 503,
    meaning: 'The server is closing and creates no more sessions and media.',
  },
  ERR_DRAINING: {
    class: 'RequestError',
    statusCode: 503,
    meaning: 'The server is draining: its sessions leave, and newcomers get none.',
  },
  ERR_OVERLOADED: {
    class: 'RequestError',
    statusCode: 503,
    meaning: 'The server is overloaded and creates no more sessions for now.',
  },
  ERR_METHOD_NOT_ALLOWED: {
    class: 'RequestError',
    statusCode: 405,
    meaning: 'The method is known, but not allowed for this resource.',
  },
  ERR_NOT_ACCEPTABLE: {
    class: 'RequestError',
    statusCode: 406,
    meaning: 'The client does not accept application/sdp.',
  },
  ERR_UNSUPPORTED_MEDIA_TYPE: {
    class: 'RequestError',
    statusCode: 415,
    meaning: 'The method does not accept the content type of the body.',
  },
  ERR_TOO_MANY_PARAMETERS: {
    class: 'RequestError',
    statusCode: 413,
    meaning: 'The body names more or longer parameters than the limit allows.',
  },
  ERR_SESSION_NOT_FOUND: {
    class: 'RequestError',
    statusCode: 454,
    meaning: 'The session id is missing, unknown or expired, or belongs to another client.',
  },
  ERR_METHOD_NOT_VALID_IN_STATE: {
    class: 'RequestError',
    statusCode: 455,
    meaning: 'The method is not valid in the current state of the session.',
  },
  ERR_RANGE: {
    class: 'RequestError',
    statusCode: 457,
    meaning: 'The range is outside the media.',
  },
  ERR_RANGE_NOT_APPLICABLE: {
    class: 'RequestError',
    statusCode: 456,
    meaning: 'The media is live and has no position for the range.',
  },
  ERR_RANGE_UNIT: {
    class: 'RequestError',
    statusCode: 501,
    meaning: 'The unit of the range is not implemented.',
  },
  ERR_AGGREGATE_NOT_ALLOWED: {
    class: 'RequestError',
    statusCode: 459,
    meaning: 'The URI cannot be controlled together with the media that the session already holds.',
  },
  ERR_ONLY_AGGREGATE_ALLOWED: {
    class: 'RequestError',
    statusCode: 460,
    meaning: 'The tracks of the session can only be controlled together.',
  },
  ERR_BACK_CHANNEL_IN_USE: {
    class: 'RequestError',
    statusCode: 453,
    meaning: 'The back channel already has its maximum number of clients.',
  },
  ERR_UNSUPPORTED_TRANSPORT: {
    class: 'RequestError',
    statusCode: 461,
    meaning: 'None of the transports that the client offers is supported.',
  },
  ERR_KEY_MANAGEMENT: {
    class: 'RequestError',
    statusCode: 463,
    meaning: 'Keys for SRTP are missing, cannot be parsed, or are weaker than allowed.',
  },
  ERR_NOT_IMPLEMENTED: {
    class: 'RequestError',
    statusCode: 501,
    meaning: 'The method is unknown.',
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
    meaning: 'The media is served elsewhere; `context.location` is its URI there.',
  },
  ERR_TOO_MANY_ATTEMPTS: {
    class: 'RequestError',
    statusCode: 503,
    meaning:
      'Too many requests with credentials from this host are already waiting, after wrong ones.',
  },
  ERR_MEDIA_UNAVAILABLE: {
    class: 'RequestError',
    statusCode: 503,
    meaning: 'The source of the media could not be created or started in time.',
  },
  // session-pool/: a limit or state of the server
  ERR_SESSION_POOL_FULL: {
    class: 'SessionPoolError',
    statusCode: 503,
    meaning: 'The pool already has its maximum number of sessions.',
  },
  ERR_SESSION_PATH_FULL: {
    class: 'SessionPoolError',
    statusCode: 453,
    meaning: 'The path already has its maximum number of sessions.',
  },
  ERR_SESSION_NOT_ADMITTED: {
    class: 'SessionPoolError',
    statusCode: 403,
    meaning: 'The onAdmit hook of the session pool refused the client, or failed.',
  },
  ERR_BANNED: {
    class: 'SessionPoolError',
    statusCode: 403,
    meaning: 'A ban of the session pool keeps the client out; `context.ban` is its public id.',
  },
  ERR_BAN_LIST_FULL: {
    class: 'SessionPoolError',
    statusCode: 503,
    meaning: 'The list of bans has its maximum length, and none of them is automatic.',
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
    meaning: 'A hundred ids in a row were already taken; the source of ids is broken.',
  },
  // transport/: a socket or its package or certificate
  ERR_UDP_PORTS_TAKEN: {
    class: 'TransportError',
    statusCode: 0,
    meaning: 'No even/odd pair of UDP ports is free in the range.',
  },
  ERR_WEB_SOCKET_PACKAGE: {
    class: 'TransportError',
    statusCode: 0,
    meaning: 'RTSP over WebSocket is enabled, but the package `ws` cannot be loaded.',
  },
  ERR_TLS_CERTIFICATE: {
    class: 'TransportError',
    statusCode: 0,
    meaning: 'The private key or the certificate cannot be read, or they do not match.',
  },
  // cluster/: the store of a cluster
  ERR_CLUSTER_STORE: {
    class: 'TransportError',
    statusCode: 0,
    meaning: 'The store of a cluster does not reply in time, or replies with an error.',
  },
  ERR_CLUSTER_PACKAGE: {
    class: 'TransportError',
    statusCode: 0,
    meaning: 'The store of a cluster is Redis, but the package `@redis/client` cannot be loaded.',
  },
  // client/: a server that the client cannot use
  ERR_CLIENT_CONNECT: {
    class: 'ClientError',
    statusCode: 0,
    meaning:
      'The connection to the server could not be opened; `cause` is the error of the socket.',
  },
  ERR_CLIENT_CERTIFICATE: {
    class: 'ClientError',
    statusCode: 0,
    meaning: 'The certificate of the server does not have the pinned fingerprint.',
  },
  ERR_CLIENT_TIMEOUT: {
    class: 'ClientError',
    statusCode: 0,
    meaning: 'The server has not sent a response in time.',
  },
  ERR_CLIENT_DISCONNECTED: {
    class: 'ClientError',
    statusCode: 0,
    meaning: 'The connection to the server was lost.',
  },
  ERR_CLIENT_CLOSED: {
    class: 'ClientError',
    statusCode: 0,
    meaning: 'The client is closed, or was closed before the request had a response.',
  },
  ERR_CLIENT_PROTOCOL: {
    class: 'ClientError',
    statusCode: 0,
    meaning: 'The server has sent something that the client cannot understand.',
  },
  ERR_CLIENT_REFUSED: {
    class: 'ClientError',
    statusCode: 0,
    meaning: 'The server has refused a request; `statusCode` is the status of its response.',
  },
  ERR_CLIENT_UNAUTHORIZED: {
    class: 'ClientError',
    statusCode: 401,
    meaning: 'The server requires credentials, or refuses those of the client.',
  },
  ERR_CLIENT_AUTH_SCHEME: {
    class: 'ClientError',
    statusCode: 401,
    meaning:
      'The server offers no authentication that the client supports, or only Basic where it is not allowed.',
  },
  ERR_CLIENT_REDIRECT: {
    class: 'ClientError',
    statusCode: 302,
    meaning: 'The server redirects too often, from TLS into clear, or without a usable location.',
  },
  ERR_CLIENT_TRANSPORT: {
    class: 'ClientError',
    statusCode: 461,
    meaning: 'No transport of the client works with this server.',
  },
  ERR_CLIENT_SRTP: {
    class: 'ClientError',
    statusCode: 0,
    meaning: 'The server describes SRTP, and tells no key that the client can use.',
  },
  ERR_CLIENT_NO_TRACKS: {
    class: 'ClientError',
    statusCode: 0,
    meaning: 'The description has no track that the client wants.',
  },
} as const satisfies Record<string, ErrorEntry>

/** The stable `code` of an {@link RtspError}. */
export type RtspErrorCode = keyof typeof errorCodes

type CodeOf<C extends ErrorEntry['class']> = {
  [K in RtspErrorCode]: (typeof errorCodes)[K]['class'] extends C ? K : never
}[RtspErrorCode]

export interface RtspErrorOptions {
  /** Details for logs and tests: offsets, limits, names. Never secrets. */
  readonly context?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
  /** Status code that replaces the default of the error code. */
  readonly statusCode?: number
}

/** Base class of all errors of the library; compare `code` to tell them apart. */
export abstract class RtspError extends Error {
  readonly code: RtspErrorCode
  /** RTSP status code of the response to the error, or 0 if there is none. */
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

/**
 * Error for received bytes that break the grammar. The server sends one response and closes the
 * connection.
 */
export class MalformedMessageError extends RtspError {
  declare readonly code: CodeOf<'MalformedMessageError'>
  constructor(code: CodeOf<'MalformedMessageError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/**
 * Error for a well-formed request that the server redirects, or refuses with a 4xx or 5xx. The
 * connection stays open.
 */
export class RequestError extends RtspError {
  declare readonly code: CodeOf<'RequestError'>
  constructor(code: CodeOf<'RequestError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/** Error for an operation that a limit, a hook or the state of the session pool prevents. */
export class SessionPoolError extends RtspError {
  declare readonly code: CodeOf<'SessionPoolError'>
  constructor(code: CodeOf<'SessionPoolError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/** Error for a socket or port that fails. The session that needs it ends with a reason. */
export class TransportError extends RtspError {
  declare readonly code: CodeOf<'TransportError'>
  constructor(code: CodeOf<'TransportError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/**
 * Error of the RTSP client. `statusCode` is the status of the server's response, or 0 without one.
 */
export class ClientError extends RtspError {
  declare readonly code: CodeOf<'ClientError'>
  constructor(code: CodeOf<'ClientError'>, message: string, options?: RtspErrorOptions) {
    super(code, message, options)
  }
}

/** Number of characters of received text that an error message shows. */
const maxQuotedLength = 64

function escapeCode(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  return `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * Returns whether a log must escape a code: C0, DEL, C1, line separators, marks that change the
 * direction of text, and lone surrogates.
 */
const isUnsafeToPrint = (code: number): boolean =>
  code < 0x20 ||
  (code >= 0x7f && code < 0xa0) ||
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x2028 && code <= 0x202e) ||
  (code >= 0x2066 && code <= 0x2069) ||
  (code >= 0xd800 && code <= 0xdfff) ||
  code === 0xfeff

/**
 * Formats received text for a log: in quotes, control characters escaped, cut at 64 characters.
 *
 * The caller must not pass text that may be secret.
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
