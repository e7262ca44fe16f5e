import { check } from '../mismatch.js'
import { requireStatus } from '../peer.js'
import type { Row } from '../row.js'
import { channelsOf, type Trial } from '../trial.js'

import { ask, described, interleavedTransport, isClientError } from './described.js'

/**
 * Checks that the server refuses each of these Transport headers, and still responds to the next
 * request.
 */
async function allRefused(trial: Trial, transports: readonly string[]): Promise<undefined> {
  const { peer, track } = await described(trial)
  for (const transport of transports) {
    const answer = await ask(peer, track, transport)
    check(isClientError(answer.status), `4xx to Transport: ${transport}`, answer.toString())
  }
  await trial.answers(peer)
  return undefined
}

/** Conformance tests for SETUP and the Transport header. */
export const transportRows: readonly Row[] = [
  {
    id: 'A-SET-1',
    level: 'must',
    reference: 'RFC 2326 12.39',
    requirement: 'of several transports the first that is supported is chosen, and named alone',
    expected: '200 with one transport, RTP/AVP/TCP',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const answer = await ask(peer, track, `RTP/FOO;unicast, ${interleavedTransport}`)
      requireStatus(answer, 200, 'SETUP with two transports')
      const transport = answer.header('Transport') ?? 'no Transport'
      const isOne = /^RTP\/AVP\/TCP\b/i.test(transport) && !/,\s*RTP/i.test(transport)
      check(isOne, 'one transport, RTP/AVP/TCP', transport)
      return undefined
    },
  },
  {
    id: 'A-SET-2',
    level: 'must',
    reference: 'RFC 2326 11.3.12',
    requirement: 'a transport that is not supported gets 461, and makes no session',
    expected: '461 without Session',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const answer = await ask(peer, track, 'RTP/FOO;unicast')
      requireStatus(answer, 461, 'Transport: RTP/FOO;unicast')
      check(answer.header('Session') === undefined, 'no Session header', 'one')
      return undefined
    },
  },
  {
    id: 'A-SET-3',
    level: 'should',
    reference: 'RFC 2326 12.39',
    requirement: 'SETUP without a Transport that can be read is refused',
    expected: '4xx to each, and the connection goes on',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const answer = await peer.request('SETUP', track.uri)
      check(isClientError(answer.status), '4xx to SETUP without Transport', answer.toString())
      return allRefused(trial, ['', ';;;', 'RTP', 'RTP/AVP;unicast;client_port='])
    },
  },
  {
    id: 'A-SET-4',
    level: 'house',
    reference: 'RFC 2326 12.39; GStreamer 1.22',
    requirement: 'client_port without "unicast" means unicast',
    expected: '200 with unicast',
    needs: ['udp'],
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const pair = await trial.udpPair()
      const { answer } = await trial.setUp(peer, track, `RTP/AVP;${pair.clientPort}`)
      const transport = answer.header('Transport') ?? ''
      check(!/multicast/i.test(transport), 'unicast', transport)
      return undefined
    },
  },
  {
    id: 'A-SET-5',
    level: 'must',
    reference: 'RFC 2326 12.39, RFC 3550 11',
    requirement: 'UDP comes from the server_port of the answer, RTP from the even one',
    expected: 'client_port as asked, server_port even-odd, RTP from there with the ssrc stated',
    needs: ['udp'],
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const pair = await trial.udpPair()
      const set = await trial.setUp(peer, track, `RTP/AVP;unicast;${pair.clientPort}`)
      const transport = set.answer.header('Transport') ?? ''
      check(transport.includes(pair.clientPort), pair.clientPort, transport)
      const [, rtp, rtcp] = /server_port=(\d+)-(\d+)/.exec(transport) ?? []
      const port = Number(rtp)
      check(port % 2 === 0 && Number(rtcp) === port + 1, 'server_port=even-odd', transport)
      await peer.expect(200, 'PLAY', trial.uri, { headers: { Session: set.sessionId } })
      const first = await trial.waiting.until(
        () => pair.rtp[0],
        'RTP',
        () => 'nothing',
      )
      check(first.port === port, `RTP from port ${port}`, `from ${first.port}`)
      const ssrc = /ssrc=([\da-f]{8})/i.exec(transport)?.[1]
      const got = first.payload.subarray(8, 12).toString('hex')
      check(ssrc === undefined || ssrc.toLowerCase() === got, `ssrc=${ssrc}`, got)
      return undefined
    },
  },
  {
    id: 'A-SET-6',
    level: 'must',
    reference: 'RFC 2326 10.12, 12.39',
    requirement: 'an interleaved transport is answered with its channels',
    expected: '200 with interleaved=a-b, each up to 255',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const { answer } = await trial.setUp(peer, track, 'RTP/AVP/TCP;unicast;interleaved=4-5')
      const channels = channelsOf(answer)
      const transport = answer.header('Transport') ?? 'no Transport'
      check(channels !== undefined && Math.max(...channels) <= 255, 'interleaved=a-b', transport)
      return `interleaved=${channels.join('-')}`
    },
  },
  {
    id: 'A-SET-6b',
    level: 'should',
    reference: 'RFC 2326 12.39',
    requirement: 'where the client names no channels, the server does',
    expected: 'interleaved=a-b, another pair for each track',
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks } = await trial.describe(peer)
      const seen = new Set<number>()
      let session: string | undefined
      for (const track of tracks) {
        const set = await trial.setUp(peer, track, 'RTP/AVP/TCP;unicast', session)
        session = set.sessionId
        const { channels } = set
        check(channels !== undefined, 'interleaved=a-b', set.answer.header('Transport') ?? 'none')
        check(!channels.some((each) => seen.has(each)), 'channels of its own', channels.join('-'))
        for (const channel of channels) seen.add(channel)
      }
      return undefined
    },
  },
  {
    id: 'A-SET-7',
    level: 'should',
    reference: 'RFC 2326 10.12',
    requirement: 'two tracks never share a channel, even when the client asks for it',
    expected: 'another pair, or 4xx',
    needs: ['two tracks'],
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks } = await trial.describe(peer)
      const [first, second] = tracks
      check(first !== undefined && second !== undefined, 'two tracks', 'fewer')
      const { sessionId, channels } = await trial.setUp(peer, first, interleavedTransport)
      const headers = { Transport: interleavedTransport, Session: sessionId }
      const answer = await peer.request('SETUP', second.uri, { headers })
      if (isClientError(answer.status)) return answer.toString()
      const other = channelsOf(answer)
      const isApart = other !== undefined && !other.some((each) => channels?.includes(each))
      check(isApart, 'another pair, or 4xx', answer.header('Transport') ?? 'no Transport')
      return `interleaved=${other.join('-')}`
    },
  },
  {
    id: 'A-SET-8',
    level: 'house',
    reference: 'RFC 2326 12.39; own decision',
    requirement: 'channels above 255 and ports that are no ports are refused',
    expected: '4xx to each',
    run: (trial) =>
      allRefused(trial, [
        'RTP/AVP/TCP;unicast;interleaved=256-257',
        'RTP/AVP;unicast;client_port=0-1',
        'RTP/AVP;unicast;client_port=70000-70001',
      ]),
  },
  {
    id: 'A-SET-18',
    level: 'must',
    reference: 'RFC 2326 12.39, 16',
    requirement: 'a client cannot have media sent to somebody else',
    expected: '4xx, or an answer without that destination',
    needs: ['udp'],
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const pair = await trial.udpPair()
      // RFC 5737: an address reserved for documentation, so nothing is sent to anybody.
      const stranger = 'destination=192.0.2.1'
      const answer = await ask(peer, track, `RTP/AVP;unicast;${stranger};${pair.clientPort}`)
      if (isClientError(answer.status)) return answer.toString()
      requireStatus(answer, 200, 'SETUP with a destination')
      const transport = answer.header('Transport') ?? ''
      check(!transport.includes(stranger), '4xx, or no destination', transport)
      return transport.replace(/\d/g, '0')
    },
  },
  {
    id: 'A-SET-19',
    level: 'must',
    reference: 'RFC 4585, RFC 2326 11.3.12',
    requirement: 'the profile RTP/AVPF is taken or refused, and no error of the server',
    expected: '200 or 461',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const answer = await ask(peer, track, 'RTP/AVPF/TCP;unicast;interleaved=0-1')
      return requireStatus(answer, [200, 461], 'RTP/AVPF').toString()
    },
  },
  {
    id: 'A-SET-20',
    level: 'should',
    reference: 'RFC 2326 12.39, RFC 7826 18.54',
    requirement: 'a parameter of Transport that is not known does not disturb',
    expected: '200',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const answer = await ask(peer, track, `${interleavedTransport};RTCP-mux;x-conform=1`)
      requireStatus(answer, 200, 'SETUP with RTCP-mux')
      return undefined
    },
  },
  {
    id: 'A-SET-22',
    level: 'must',
    reference: 'RFC 2326 12.7',
    requirement: 'Blocksize may be ignored, and is no error',
    expected: '200',
    run: async (trial) => {
      const { peer, track } = await described(trial)
      const headers = { Transport: interleavedTransport, Blocksize: '500' }
      await peer.expect(200, 'SETUP', track.uri, { headers })
      return undefined
    },
  },
]
