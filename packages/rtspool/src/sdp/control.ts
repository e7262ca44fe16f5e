/**
 * The URI that an `a=control` value stands for (RFC 2326 C.1.1).
 *
 * An absolute URI stands for itself; `*`, an empty value and none mean the base; what begins with `/` replaces the path
 * of the base and its query (RFC 3986 section 5.2.2). Anything else is appended to the whole base after a `/`: that
 * departs from RFC 3986 on purpose, because FFmpeg and GStreamer append, and everybody reads RFC 2326 that way.
 *
 * @param base - Content-Base, else Content-Location, else the request URI; or only path and query of one.
 */
export function resolveControl(base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(control)) return control
  if (control.startsWith('/')) return authorityOf(base) + control
  return base.endsWith('/') ? base + control : `${base}/${control}`
}

/** Scheme and authority of a URI; nothing of a path. */
function authorityOf(base: string): string {
  return /^[^/?]*:\/\/[^/?]*/.exec(base)?.[0] ?? ''
}
