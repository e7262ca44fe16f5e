import { check } from '../mismatch.js'
import { requireStatus } from '../peer.js'
import type { Row } from '../row.js'
import { channelsOf } from '../trial.js'
import { described, interleavedTransport } from './described.js'

/** Conformance tests for SETUP: sessions and their tracks. */
export const aggregateRows: readonly Row[] = [
  {
    id: 'A-SET-9',
    level: 'must',
    reference: 'RFC 2326 10.4',
    requirement: 'SETUP in a session adds a track; one PLAY starts all of them',
    expected: 'the same session, and RTP of every track',
    needs: ['two tracks'],
    run: async (trial) => {
      const { peer, tracks, sessionId } = await trial.play()
      for (const { track, channels, sessionId: own } of tracks) {
        check(own === sessionId, 'the same session', 'another one')
        await peer.frame(`RTP of ${track.kind}`, ({ channel }) => channel === channels?.[0])
      }
      return undefined
    },
  },
  {
    id: 'A-SET-10',
    level: 'must',
    reference: 'RFC 2326 10.4, 11.3.10',
    requirement: 'a track of another presentation is bundled, or refused with 459',
    expected: '200 or 459',
    needs: ['seekable'],
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const { sessionId } = await trial.setUp(peer, track)
      const other = (await trial.describe(peer, trial.target('seekable').uri)).tracks[0]
      const headers = { Transport: 'RTP/AVP/TCP;unicast;interleaved=2-3', Session: sessionId }
      const answer = await peer.request('SETUP', other?.uri ?? '', { headers })
      return requireStatus(answer, [200, 459], 'SETUP of another presentation').toString()
    },
  },
  {
    id: 'A-SET-11',
    level: 'must',
    reference: 'RFC 2326 10.4',
    requirement: 'SETUP of a track again changes its transport or is refused; it plays either way',
    expected: '200 or 455 each time, then RTP',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      let { sessionId, channels } = await trial.setUp(peer, track)
      for (let n = 0; n < 10; n += 1) {
        const headers = { Transport: 'RTP/AVP/TCP;unicast;interleaved=2-3', Session: sessionId }
        const answer = await peer.expect([200, 455], 'SETUP', track.uri, { headers })
        if (answer.status === 200) channels = channelsOf(answer)
      }
      await peer.expect(200, 'PLAY', trial.uri, { headers: { Session: sessionId } })
      await peer.frame('RTP on the channel agreed last', ({ channel }) => channel === channels?.[0])
      return undefined
    },
  },
  {
    id: 'A-SET-12',
    level: 'must',
    reference: 'RFC 2326 10.4, 12.37',
    requirement: 'SETUP without a session makes a new one',
    expected: 'two ids that differ',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const first = await trial.setUp(peer, track)
      const second = await trial.setUp(await trial.connect(), track)
      check(first.sessionId !== second.sessionId, 'two ids', 'the same id twice')
      return undefined
    },
  },
  {
    id: 'A-SET-13',
    level: 'should',
    reference: 'RFC 2326 7.1.1, RFC 2068 10.4.5',
    requirement: 'a track that does not exist gets 404',
    expected: '404',
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks, answer } = await trial.describe(peer)
      const base = answer.header('Content-Base') ?? `${trial.uri}/`
      const headers = { Transport: interleavedTransport }
      const known = tracks[0]?.control ?? ''
      const unknown =
        /\d$/.test(known) && !known.includes(':') ? known.replace(/\d+$/, '97') : 'none'
      await peer.expect(404, 'SETUP', `${base}${unknown}`, { headers })
      return undefined
    },
  },
  {
    id: 'A-SET-14',
    level: 'house',
    reference: 'own decision',
    requirement: 'one session has one lower transport',
    expected: '461',
    needs: ['udp', 'two tracks'],
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks } = await trial.describe(peer)
      const [first, second] = tracks
      check(first !== undefined && second !== undefined, 'two tracks', 'fewer')
      const { sessionId } = await trial.setUp(peer, first)
      const pair = await trial.udpPair()
      const headers = { Transport: `RTP/AVP;unicast;${pair.clientPort}`, Session: sessionId }
      await peer.expect([461, 400], 'SETUP', second.uri, { headers })
      return undefined
    },
  },
  {
    id: 'A-SET-17',
    level: 'must',
    reference: 'RFC 2326 12.39',
    requirement: 'a multicast transport is answered with group, ports and ttl',
    expected: 'multicast;destination=…;port=a-b;ttl=n',
    needs: ['multicast', 'udp'],
    run: async (trial) => {
      const presentation = trial.target('multicast')
      const peer = await trial.connect(presentation)
      const { tracks } = await trial.describe(peer, presentation.uri)
      const [track] = tracks
      check(track !== undefined, 'a track', 'none')
      const { answer } = await trial.setUp(peer, track, 'RTP/AVP;multicast')
      const transport = answer.header('Transport') ?? 'no Transport'
      for (const part of [/multicast/i, /destination=[\da-f.:]+/i, /port=\d+-\d+/i, /ttl=\d+/i]) {
        check(part.test(transport), String(part.source), transport)
      }
      return transport
    },
  },
]
