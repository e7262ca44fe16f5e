import { RequestError } from '../../errors.js'
import { isAsterisk, parseRtspUri, type RtspUri } from '../../rtsp/index.js'

/** A parsed request URI: a presentation, or one track of it. */
export interface RequestTarget {
  readonly uri: RtspUri
  /** Decoded path of the presentation, without track and trailing slash. */
  readonly path: string
  /** Query of the URI as received, without the track; `undefined` without a query. */
  readonly query: string | undefined
  /**
   * Path and query of the presentation as received, by which requests for the same presentation are
   * recognized.
   */
  readonly presentation: string
  /**
   * Path and query of the URI with the track, as received, without trailing slash; see {@link presentation} for those
   * without.
   */
  readonly full: string
  /**
   * Index of the track from `trackID=N`, as in the control URIs that this server writes; `undefined` if the URI names
   * none.
   */
  readonly trackIndex: number | undefined
}

const trackPrefix = '/trackID='
/** Maximum number of digits of a track index; a longer one names no track. */
const maxTrackDigits = 3

/**
 * Splits a request URI into presentation and track. The track follows the query, if there is one,
 * because clients append it to Content-Base (FFmpeg 5.1, GStreamer 1.22).
 *
 * @returns `undefined` for `*`.
 * @throws {RequestError} `ERR_REQUEST_URI`
 */
export function parseTarget(text: string): RequestTarget | undefined {
  if (isAsterisk(text)) return undefined
  const uri = parseRtspUri(text)
  const pathTrack = splitTrack(withoutTrailingSlash(uri.rawPath))
  const queryTrack =
    uri.query === undefined ? undefined : splitTrack(withoutTrailingSlash(uri.query))
  const query = queryTrack?.rest
  const rawPath = pathTrack.rest === '' ? '/' : pathTrack.rest
  const suffix = query === undefined ? '' : `?${query}`
  const decoded = withoutTrailingSlash(uri.path)
  return {
    uri,
    path: pathTrack.index === undefined ? decoded : splitTrack(decoded).rest || '/',
    query,
    presentation: rawPath + suffix,
    full: withoutTrailingSlash(uri.rawPath + (uri.query === undefined ? '' : `?${uri.query}`)),
    trackIndex: queryTrack?.index ?? pathTrack.index,
  }
}

/**
 * Address of the server on a connection. It stands in Content-Base if the request URI is only a
 * path.
 */
interface LocalBase {
  readonly localAuthority: string
  readonly isSecure: boolean
}

/**
 * Returns the Content-Base of a presentation, to which clients append relative control URIs. It
 * ends with `/`, after the query if there is one.
 */
export function contentBase({ uri, presentation }: RequestTarget, local: LocalBase): string {
  const scheme = uri.scheme ?? (local.isSecure ? 'rtsps' : 'rtsp')
  const authority = uri.authority || local.localAuthority
  return `${scheme}://${authority}${presentation}${presentation.endsWith('/') ? '' : '/'}`
}

/**
 * Returns the parsed URI of a request whose URI must not be `*`.
 *
 * @throws {RequestError} If the URI is `*`.
 */
export function requireTarget(target: RequestTarget | undefined): RequestTarget {
  if (target) return target
  throw new RequestError('ERR_REQUEST_URI', "expected the URI of a presentation, got '*'")
}

/**
 * Creates the error for a track that does not exist. Its message leaves out the query, which may be
 * a token.
 */
export function trackNotFound({ path, trackIndex }: RequestTarget): RequestError {
  const got = `${path}, track ${trackIndex ?? 'none'}`
  return new RequestError('ERR_NOT_FOUND', `expected the control URI of a track, got ${got}`)
}

function splitTrack(text: string): { rest: string; index: number | undefined } {
  const at = text.lastIndexOf(trackPrefix)
  if (at < 0) return { rest: text, index: undefined }
  const digits = text.slice(at + trackPrefix.length)
  const isNumber = digits.length > 0 && digits.length <= maxTrackDigits && !/\D/.test(digits)
  return isNumber
    ? { rest: text.slice(0, at), index: Number(digits) }
    : { rest: text, index: undefined }
}

function withoutTrailingSlash(text: string): string {
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text
}
