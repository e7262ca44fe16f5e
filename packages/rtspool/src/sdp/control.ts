/**
 * The URI that an `a=control` value stands for, put together as the common clients do it.
 *
 * An absolute URI stays as it is; `*`, an empty value and none mean the base itself; anything else is
 * appended to the whole base, its query included, after exactly one `/`. This departs from RFC 3986 on
 * purpose: FFmpeg and GStreamer append, and RFC 2326 C.1.1 is read that way everywhere.
 *
 * @param base - Content-Base, else Content-Location, else the request URI (RFC 2326 C.1.1).
 */
export function resolveControl(base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(control)) return control
  return `${withoutTrailingSlashes(base)}/${control.replace(/^\/+/, '')}`
}

function withoutTrailingSlashes(text: string): string {
  let end = text.length
  while (text[end - 1] === '/') end--
  return text.slice(0, end)
}
