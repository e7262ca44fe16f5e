import { randomBytes } from 'node:crypto'
import { check, Skip } from '../mismatch.js'
import { requireStatus } from '../peer.js'
import type { Row } from '../row.js'
import { attribute } from '../sdp.js'

/** Returns a URI like the given one, but with a path at which no server has a presentation. */
const nowhere = (uri: string): string =>
  `${/^rtsps?:\/\/[^/]*/.exec(uri)?.[0]}/conform-${randomBytes(6).toString('hex')}`

/** Conformance tests for DESCRIBE and the session description. */
export const describeRows: readonly Row[] = [
  {
    id: 'A-DES-1',
    level: 'must',
    reference: 'RFC 2326 10.2, 12.14, 12.16',
    requirement: 'DESCRIBE is answered with a description and its type and length',
    expected: '200, Content-Type: application/sdp, Content-Length, v= o= s= t= m=',
    run: async (trial) => {
      const { answer } = await trial.describe(await trial.connect())
      const type = answer.header('Content-Type') ?? 'no Content-Type'
      check(/^application\/sdp\b/i.test(type), 'Content-Type: application/sdp', type)
      check(answer.header('Content-Length') !== undefined, 'Content-Length', 'none')
      const lines = answer.body.toString('utf8').split(/\r?\n/)
      const kinds = lines.map((line) => line.slice(0, 2))
      const order = ['v=', 'o=', 's=', 't=', 'm='].map((kind) => kinds.indexOf(kind))
      const isOrdered = order.every((at, index) => at > (order[index - 1] ?? -1))
      check(isOrdered, 'v= o= s= t= m= in this order', kinds.join(' '))
      return undefined
    },
  },
  {
    id: 'A-DES-1b',
    level: 'should',
    reference: 'RFC 2326 12.11, C.1.1',
    requirement: 'Content-Base ends in a slash, so that controls can be appended',
    expected: 'a Content-Base that ends in /',
    run: async (trial) => {
      const { answer } = await trial.describe(await trial.connect())
      const base = answer.header('Content-Base') ?? 'no Content-Base'
      check(base.endsWith('/'), 'a Content-Base that ends in /', base)
      return undefined
    },
  },
  {
    id: 'A-DES-2',
    level: 'should',
    reference: 'RFC 2326 12.1, RFC 2068 14.1',
    requirement: 'a client that takes no SDP gets 406; one that names no type gets SDP',
    expected: '200 without Accept and to */*, 406 to text/html',
    run: async (trial) => {
      const peer = await trial.connect()
      await peer.expect(200, 'DESCRIBE', trial.uri)
      await peer.expect(200, 'DESCRIBE', trial.uri, { headers: { Accept: '*/*' } })
      await peer.expect(406, 'DESCRIBE', trial.uri, { headers: { Accept: 'text/html' } })
      return undefined
    },
  },
  {
    id: 'A-DES-3',
    level: 'must',
    reference: 'RFC 2326 7.1.1, RFC 2068 10.4.5',
    requirement: 'a path that does not exist gets 404',
    expected: '404',
    run: async (trial) => {
      const peer = await trial.connect()
      const answer = await peer.expect(404, 'DESCRIBE', nowhere(trial.uri))
      check(answer.header('Session') === undefined, 'no Session header', 'one')
      return undefined
    },
  },
  {
    id: 'A-DES-4',
    level: 'must',
    reference: 'RFC 2326 C.1.1',
    requirement: 'every track has a control, which can be set up once it is resolved',
    expected: '200 to the SETUP of each',
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks } = await trial.describe(peer)
      for (const track of tracks) {
        check(
          track.control !== undefined || tracks.length === 1,
          'a=control',
          `${track.kind} without`,
        )
        await trial.setUp(peer, track)
      }
      return `${tracks.length} tracks`
    },
  },
  {
    id: 'A-DES-5',
    level: 'house',
    reference: 'FFmpeg 5.1, GStreamer 1.22',
    requirement: 'a query survives: in Content-Base, and in front of the control',
    expected: '200 to SETUP below the Content-Base of a URL with a query',
    run: async (trial) => {
      const peer = await trial.connect()
      const query = trial.uri.includes('?') ? '&x=1' : '?x=1'
      const { answer, tracks } = await trial.describe(peer, `${trial.uri}${query}`)
      const base = answer.header('Content-Base') ?? 'no Content-Base'
      check(base.includes('x=1'), 'the query in Content-Base', base)
      const [track] = tracks
      if (track) await trial.setUp(peer, track)
      return undefined
    },
  },
  {
    id: 'A-DES-6',
    level: 'should',
    reference: 'RFC 2326 C.1.2, C.1.7',
    requirement: 'a presentation on demand has port 0 and an address in c=',
    expected: 'm= with port 0, and a c= line',
    run: async (trial) => {
      const { tracks, sessionLines } = await trial.describe(await trial.connect())
      for (const { kind, port, lines } of tracks) {
        check(port === 0, `port 0 of ${kind}`, String(port))
        const address = [...lines, ...sessionLines].find((line) => line.startsWith('c='))
        check(/^c=IN IP[46] \S+$/.test(address ?? ''), 'c=IN IP4 …', address ?? 'no c= line')
      }
      return undefined
    },
  },
  {
    id: 'A-DES-7',
    level: 'should',
    reference: 'RFC 2326 C.1.5',
    requirement: 'what is stored says its length',
    expected: 'a=range:npt=0-END',
    needs: ['seekable'],
    run: async (trial) => {
      const file = trial.target('seekable')
      const { tracks, sessionLines } = await trial.describe(await trial.connect(file), file.uri)
      const lines = [...sessionLines, ...tracks.flatMap((track) => track.lines)]
      const range = attribute(lines, 'range') ?? 'no a=range'
      check(/^npt\s*=\s*0(\.0*)?\s*-\s*[\d.:]+$/.test(range), 'a=range:npt=0-END', range)
      return range
    },
  },
  {
    id: 'A-DES-8',
    level: 'must',
    reference: 'RFC 2326 C.1.8, 12.22',
    requirement: 'where the description has an etag, If-Match with another one gets 412',
    expected: '412',
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks, sessionLines } = await trial.describe(peer)
      const [track] = tracks
      const lines = [...sessionLines, ...(track?.lines ?? [])]
      if (attribute(lines, 'etag') === undefined) throw new Skip('the server offers no a=etag')
      const headers = { Transport: 'RTP/AVP/TCP;unicast', 'If-Match': '"conform-other"' }
      await peer.expect(412, 'SETUP', track?.uri ?? trial.uri, { headers })
      return undefined
    },
  },
  {
    id: 'A-DES-9',
    level: 'must',
    reference: 'RFC 3986 3.2.2',
    requirement: 'an IPv6 address in Content-Base stands in brackets, without mapping',
    expected: 'rtsp://[…]',
    run: async (trial) => {
      const { host } = trial.targets.main
      const { answer } = await trial.describe(await trial.connect())
      const base = answer.header('Content-Base') ?? ''
      check(!/::ffff:\d/i.test(base), 'no mapped address', base)
      if (!host.includes(':')) throw new Skip('the URL has no IPv6 address')
      check(/^rtsps?:\/\/\[[\da-f:.]+\]/i.test(base), 'an address in brackets', base)
      return undefined
    },
  },
  {
    id: 'A-DES-10',
    level: 'house',
    reference: 'VLC 3.0, FFmpeg 5.1',
    requirement: 'a slash behind the path or the control changes nothing',
    expected: '200 to DESCRIBE and SETUP with a slash behind',
    run: async (trial) => {
      const peer = await trial.connect()
      if (trial.uri.includes('?')) throw new Skip('the URL has a query')
      await trial.describe(peer, trial.uri.replace(/\/*$/, '/'))
      const { tracks } = await trial.describe(peer)
      const [track] = tracks
      if (track) await trial.setUp(peer, { ...track, uri: `${track.uri}/` })
      return undefined
    },
  },
  {
    id: 'A-DES-11',
    level: 'should',
    reference: 'RFC 2326 10.2',
    requirement: 'DESCRIBE again describes the same tracks',
    expected: 'the same tracks three times',
    run: async (trial) => {
      const peer = await trial.connect()
      const seen = new Set<string>()
      for (let n = 0; n < 3; n += 1) {
        const { tracks } = await trial.describe(peer)
        seen.add(tracks.map(({ kind, control }) => `${kind} ${control}`).join(', '))
      }
      check(seen.size === 1, 'the same tracks each time', [...seen].join(' and then '))
      return undefined
    },
  },
  {
    id: 'A-DES-12',
    level: 'should',
    reference: 'RFC 3986 7.3; own decision',
    requirement: 'a path that tries to climb, or has a NUL, is refused',
    expected: '4xx to each',
    run: async (trial) => {
      const root = /^rtsps?:\/\/[^/]*/.exec(trial.uri)?.[0] ?? ''
      for (const path of [
        '/%2e%2e/%2e%2e/etc/passwd',
        '/../../etc/passwd',
        '/a%00b',
        '/a\\..\\b',
      ]) {
        const peer = await trial.connect()
        const answer = await peer.request('DESCRIBE', `${root}${path}`)
        const isRefused = answer.status >= 400 && answer.status < 500
        check(isRefused, `4xx to ${path}`, answer.toString())
      }
      return undefined
    },
  },
  {
    id: 'A-ONV-5',
    level: 'must',
    reference: 'ONVIF Streaming 5.3',
    requirement: 'the back channel is described when it is required, or refused by name',
    expected: '200 with an a=sendonly audio track, or 551 with Unsupported',
    run: async (trial) => {
      const peer = await trial.connect()
      const tag = 'www.onvif.org/ver20/backchannel'
      const headers = { Require: tag }
      const answer = await peer.request('DESCRIBE', trial.uri, { headers })
      requireStatus(answer, [200, 551], 'DESCRIBE with Require')
      if (answer.status === 551) {
        const named = answer.header('Unsupported') ?? 'no Unsupported'
        check(named.includes(tag), `Unsupported: ${tag}`, named)
        return '551'
      }
      const sections = answer.body.toString('utf8').split(/^m=/m)
      const isThere = sections.some((each) => each.startsWith('audio') && /a=sendonly/.test(each))
      check(isThere, 'an audio track with a=sendonly', 'none')
      const plain = await trial.describe(peer)
      const isHidden = plain.tracks.every(({ lines }) => !lines.includes('a=sendonly'))
      check(isHidden, 'no a=sendonly track without Require', 'one')
      return 'a back channel'
    },
  },
]
