import { lowerTransportOf } from '../wire/access-filters.js'
import { answer, type CreateFilter, type WireRequest } from '../wire/wire-filter.js'
import type { Quirk } from './quirk.js'

/** Refuses a SETUP for another transport than the last one, until a DESCRIBE on this connection. */
const describeBeforeSetup: CreateFilter = () => {
  let described = false
  let last: string | undefined
  return {
    request({ method, headers }) {
      if (method !== 'SETUP') return undefined
      const transport = lowerTransportOf(headers.get('Transport') ?? '')
      if (last !== undefined && transport !== last) described = false
      last = transport
      return described ? undefined : answer(400)
    },
    response({ statusCode }, { method }) {
      if (method === 'DESCRIBE' && statusCode === 200) described = true
    },
  }
}

const wantsUserAgent: CreateFilter = () => ({
  request: ({ method, headers }) =>
    method === 'DESCRIBE' && !headers.has('User-Agent')
      ? { statusCode: 401, headers: [['WWW-Authenticate', 'Basic realm="camera"']] }
      : undefined,
})

const wantsExactCSeq: CreateFilter = () => ({
  request: ({ headers }) =>
    [...headers].some(([name]) => name === 'CSeq') ? undefined : answer(400),
})

/**
 * Removes Digest credentials whose `uri` is not the absolute URL of the request line. The server
 * then responds 401.
 */
const wantsAbsoluteDigestUri: CreateFilter = () => ({
  request(request) {
    const credentials = request.headers.get('Authorization') ?? ''
    if (!credentials.startsWith('Digest')) return undefined
    const uri = /\buri="([^"]*)"/.exec(credentials)?.[1]
    const isRight = uri === request.uri && /^rtsps?:/i.test(uri)
    if (!isRight) request.headers.delete('Authorization')
    return undefined
  },
})

/** Offers a Digest algorithm that no client knows, before the algorithms of the server. */
const offersUnknownAlgorithm: CreateFilter = () => ({
  response({ statusCode, headers }) {
    if (statusCode !== 401) return
    const known = headers.getAll('WWW-Authenticate')
    const [first] = known
    if (first === undefined) return
    const unknown = first.replace(/,?\s*algorithm=[^,\s]+/, '')
    headers.delete('WWW-Authenticate')
    for (const value of [`${unknown}, algorithm=CAMERA-1`, ...known]) {
      headers.append('WWW-Authenticate', value)
    }
  },
})

/** Redirects a DESCRIBE to the same camera without the quirk. */
const redirects =
  (statusCode: 301 | 302): CreateFilter =>
  ({ origin, faults }) => ({
    request(request) {
      if (request.method !== 'DESCRIBE') return undefined
      const others = faults.quirk.filter((id) => !/^7[ab]?$/.test(id))
      const location = origin + withQuirks(request, others)
      return { statusCode, headers: [['Location', location]] }
    },
  })

/** Returns path and query of a request's URL, with `quirks` in place of those in the query. */
function withQuirks({ uri }: WireRequest, quirks: readonly string[]): string {
  const rest = uri.replace(/^rtsps?:\/\/[^/?]*/i, '').replace(/\/$/, '')
  const [path = '', query = ''] = rest.split('?')
  const others = query.split('&').filter((pair) => pair !== '' && !pair.startsWith('quirk='))
  return `${path}?${[...others, `quirk=${quirks.join(',')}`].join('&')}`
}

/** Quirks that show in the way in which a camera reads requests and asks for logins. */
export const requestQuirks: readonly Quirk[] = [
  {
    id: '1',
    who: 'some Hikvision',
    does: 'SETUP fails after a change of transport until a DESCRIBE is sent again',
    source: 'gortsplib 3084b62d',
    filter: describeBeforeSetup,
  },
  {
    id: '3',
    who: 'unnamed',
    does: 'DESCRIBE without User-Agent gets 401',
    source: 'go2rtc#235',
    filter: wantsUserAgent,
  },
  {
    id: '4',
    who: 'unnamed',
    does: 'a header spelt otherwise than CSeq is refused with 400',
    source: 'go2rtc#7',
    filter: wantsExactCSeq,
  },
  {
    id: '5',
    who: 'unnamed (RtspServer)',
    does: 'Digest is valid only with the absolute URL of the request line in uri=',
    source: 'go2rtc#244',
    needsLogin: true,
    filter: wantsAbsoluteDigestUri,
  },
  {
    id: '6',
    who: 'TP-Link',
    does: 'an algorithm that no client knows is offered before a known one',
    source: 'gortsplib#558, mediamtx#3116',
    needsLogin: true,
    filter: offersUnknownAlgorithm,
  },
  {
    id: '7a',
    who: 'any',
    does: 'DESCRIBE gets 301 to a URL without credentials',
    source: 'go2rtc#1909',
    filter: redirects(301),
  },
  {
    id: '7b',
    who: 'any',
    does: 'DESCRIBE gets 302 to a URL without credentials',
    source: 'go2rtc#1909',
    filter: redirects(302),
  },
  {
    id: '35',
    who: 'Parrot',
    does: 'PLAY without Range is refused with 400',
    source: 'mediamtx#413',
    filter: () => ({
      request: ({ method, headers }) =>
        method === 'PLAY' && !headers.has('Range') ? answer(400) : undefined,
    }),
  },
  {
    id: '36',
    who: 'Reolink',
    does: 'a request other than SETUP and PLAY between the two closes the connection',
    source: 'scrypted#2055',
    filter: (link) => {
      let isBetween = false
      return {
        request({ method }) {
          if (method === 'PLAY') isBetween = false
          else if (method === 'SETUP') isBetween = true
          else if (isBetween) link.close('tcp')
          return undefined
        },
      }
    },
  },
]
