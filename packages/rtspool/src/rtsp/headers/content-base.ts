import type { RtspUri } from '../uri.js'

/**
 * Content-Base of a description: the URI that was asked for, its query included, ending in `/`.
 *
 * Clients append the control of a track to it (RFC 2326 C.1.1). They send the query again only when
 * it stands here (FFmpeg 5.1, GStreamer 1.22), and they need the slash even behind it.
 *
 * @param uri - The request URI.
 * @param local - What to say when the client sent an absolute path: scheme, and host with port as
 * the client reached us.
 */
export function serializeContentBase(
  uri: RtspUri,
  local: { readonly scheme: 'rtsp' | 'rtsps'; readonly authority: string },
): string {
  const scheme = uri.scheme ?? local.scheme
  const authority = uri.authority === '' ? local.authority : uri.authority
  const query = uri.query === undefined ? '' : `?${uri.query}`
  const base = `${scheme}://${authority}${uri.rawPath}${query}`
  return base.endsWith('/') ? base : `${base}/`
}
