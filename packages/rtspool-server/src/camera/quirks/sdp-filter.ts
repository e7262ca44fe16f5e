import type { CreateFilter } from '../wire/wire-filter.js'
import type { Quirk } from './quirk.js'

/** Creates the filter that changes session descriptions as quirks demand. */
export const sdpFilter =
  (quirks: readonly Quirk[]): CreateFilter =>
  () => ({
    response(response, { method, uri }) {
      if (method !== 'DESCRIBE' || response.statusCode !== 200) return
      const base = response.headers.get('Content-Base') ?? uri
      let text = response.body.toString('utf8')
      for (const { sdp } of quirks) text = sdp?.(text, base) ?? text
      response.body = Buffer.from(text)
    },
  })
