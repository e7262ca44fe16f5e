import { answer, type CreateFilter } from '../wire/wire-filter.js'
import type { Quirk } from './quirk.js'
import { mapMedia } from './sdp-text.js'

/** Creates a filter that changes the Content-Base of responses to DESCRIBE. */
const contentBase =
  (change: (base: string) => string): CreateFilter =>
  () => ({
    response({ headers }) {
      const base = headers.get('Content-Base')
      if (base !== undefined) headers.set('Content-Base', change(base))
    },
  })

/** Returns a function that changes the control URL of each track in a session description. */
const controls =
  (change: (control: string, base: string) => string) =>
  (sdp: string, base: string): string =>
    mapMedia(sdp, (lines) =>
      lines.map((line) =>
        line.startsWith('a=control:') ? `a=control:${change(line.slice(10), base)}` : line,
      ),
    )

/** Returns path and query of a URL, without the slash in front. */
const pathOf = (url: string): string => url.replace(/^rtsps?:\/\/[^/?]*\//i, '')

/**
 * Refuses SETUP with 404 for a URL that does not begin as the camera means its control URLs.
 *
 * @param beginningOf - Returns that beginning for a base; the name of the track follows.
 * @param understood - Returns the request URL that the server of the camera understands.
 */
const meansControls =
  (
    beginningOf: (base: string) => string,
    understood = (uri: string, _base: string): string => uri,
  ): CreateFilter =>
  () => {
    let base: string | undefined
    return {
      request(request) {
        if (base === undefined || request.method !== 'SETUP') return undefined
        const beginning = beginningOf(base)
        const track = request.uri.slice(beginning.length)
        if (!request.uri.startsWith(beginning) || track.includes('/')) return answer(404)
        request.uri = understood(request.uri, base)
        return undefined
      },
      response({ headers }) {
        base ??= headers.get('Content-Base')
      },
    }
  }

const belowBase = meansControls((base) => base)
/** Means control URLs that repeat the path of the base, and are joined with the base. */
const belowBaseTwice = meansControls(
  (base) => base + pathOf(base),
  (uri, base) => base + uri.slice(base.length + pathOf(base).length),
)

/** Quirks of the URLs that a camera tells its clients. */
export const urlQuirks: readonly Quirk[] = [
  {
    id: '8a',
    who: 'several',
    does: 'the host of Content-Base is an IPv6 address without brackets',
    source: 'go2rtc#830',
    filter: contentBase((base) => base.replace(/^(rtsps?:\/\/)[^/]*?(:\d+)?(?=\/)/i, '$1::1$2')),
  },
  {
    id: '8b',
    who: 'several',
    does: 'Content-Base begins with rtsp://rtsp://',
    source: 'go2rtc#1852',
    filter: contentBase((base) => `rtsp://${base}`),
  },
  {
    id: '8c',
    who: 'several',
    does: 'Content-Base has host and port, and no scheme',
    source: 'go2rtc#830',
    filter: contentBase((base) => base.replace(/^rtsps?:\/\//i, '')),
  },
  {
    id: '9a',
    who: 'several',
    does: 'a=control is an absolute URL',
    source: 'mediamtx#683',
    sdp: controls((control, base) => base + control),
    filter: belowBase,
  },
  {
    id: '9b',
    who: 'several',
    does: 'a=control begins with a slash, and means a track below the base',
    source: 'go2rtc#1236',
    sdp: controls((control) => `/${control}`),
    filter: belowBase,
  },
  {
    id: '9c',
    who: 'several',
    does: 'a=control repeats the path of the base, and means the two joined',
    source: 'go2rtc#1236',
    sdp: controls((control, base) => pathOf(base) + control),
    filter: belowBaseTwice,
  },
]
