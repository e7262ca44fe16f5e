import type { CreateFilter } from '../wire/wire-filter.js'
import type { Quirk } from './quirk.js'
import { blocksOf } from './sdp-text.js'

/** Name of a client (`User-Agent`) to which the server gives SRTP keys with an index (MKI) of four bytes. */
const indexedUserAgent = 'LIVE555'

/**
 * Makes the server send an index (MKI) in SRTP packets: gives each client the name of one that knows keys by their index,
 * and answers in its name with the described key, as that one does.
 */
const wantsIndex: CreateFilter = () => {
  /** MIKEY messages of the description, by the last part of the control URL. */
  const keys = new Map<string, string>()
  return {
    request({ method, uri, headers }) {
      headers.set('User-Agent', indexedUserAgent)
      const data = keys.get(lastPartOf(uri))
      if (method === 'SETUP' && data) {
        headers.set('KeyMgmt', `prot=mikey;uri="${uri}";data="${data}"`)
      }
      return undefined
    },
    response({ body }, { method }) {
      if (method !== 'DESCRIBE') return
      for (const lines of blocksOf(body.toString()).slice(1)) {
        const textBehind = (start: string): string =>
          lines.find((line) => line.startsWith(start))?.slice(start.length) ?? ''
        keys.set(lastPartOf(textBehind('a=control:')), textBehind('a=key-mgmt:mikey '))
      }
    },
  }
}

const lastPartOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1)

/** Quirks of SRTP, which is offered inside TLS only. */
export const securityQuirks: readonly Quirk[] = [
  {
    id: '34a',
    who: 'UniFi',
    does: 'over rtsps, media are protected by SRTP, and the profile is RTP/SAVP',
    source: 'go2rtc#81',
    needsSrtp: true,
  },
  {
    id: '34b',
    who: 'Axis',
    does: 'over rtsps, SRTP packets have an index (MKI) of 4 bytes',
    source: 'gortsplib#1033',
    needsSrtp: true,
    filter: wantsIndex,
  },
]
