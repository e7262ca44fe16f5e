/**
 * Resolves the value of `a=control` to a URI (RFC 2326 C.1.1).
 *
 * An absolute URI stands for itself. `*`, an empty value and no value mean the base. A value that
 * begins with `/` replaces path and query of the base (RFC 3986 section 5.2.2). Any other value is
 * appended to the whole base after a `/`. This departs from RFC 3986 on purpose: FFmpeg and
 * GStreamer append, and all implementations read RFC 2326 that way.
 *
 * @param base - Content-Base, else Content-Location, else the request URI; or only path and query
 * of one.
 */
export function resolveControl(base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(control)) return control
  if (control.startsWith('/')) return authorityOf(base) + control
  return base.endsWith('/') ? base + control : `${base}/${control}`
}

/** Returns scheme and authority of a URI; empty for a path. */
function authorityOf(base: string): string {
  return /^[^/?]*:\/\/[^/?]*/.exec(base)?.[0] ?? ''
}
