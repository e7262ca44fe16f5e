import type { CreateFilter } from '../wire/wire-filter.js'
import type { Quirk } from './quirk.js'

/** Name of a client (`User-Agent`) to which the server gives SRTP keys with an index (MKI) of four bytes. */
const indexedUserAgent = 'LIVE555'

/** Makes the server give SRTP keys with an index (MKI): gives each client the name of one that gets such keys. */
const wantsIndex: CreateFilter = () => ({
  request({ headers }) {
    headers.set('User-Agent', indexedUserAgent)
    return undefined
  },
})

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
