import { check, Mismatch, Skip } from '../mismatch.js'
import { type Peer, requireStatus } from '../peer.js'
import type { Row } from '../row.js'
import { interleaved, readRtcp, rtcpTypes, writeRtp } from '../rtp.js'
import type { Trial } from '../trial.js'

/** Formats a session description of one or more H.264 tracks, for an ANNOUNCE as FFmpeg sends it. */
function announcement(trackCount = 1): string {
  const tracks = Array.from({ length: trackCount }, (_, index) => [
    'm=video 0 RTP/AVP 96',
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==; profile-level-id=42C01E',
    `a=control:streamid=${index}`,
  ])
  const session = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=conform', 'c=IN IP4 127.0.0.1', 't=0 0']
  return [...session, ...tracks.flat(), ''].join('\r\n')
}

const sdp = { 'Content-Type': 'application/sdp' }
const ssrc = 0x0c0f_0e0d

/** A connection on which a test has started to publish (RECORD), with the session and the channels of the track. */
interface Publisher {
  readonly peer: Peer
  readonly uri: string
  readonly session: { readonly Session: string }
  readonly rtpChannel: number
  readonly rtcpChannel: number
}

const trackUri = (uri: string, index: number): string => `${uri}/streamid=${index}`

async function announce(trial: Trial): Promise<{ peer: Peer; uri: string }> {
  const presentation = trial.target('publish')
  const peer = await trial.connect(presentation)
  const { uri } = presentation
  await peer.expect(200, 'ANNOUNCE', uri, { headers: sdp, body: announcement() })
  return { peer, uri }
}

async function setUpRecord(peer: Peer, uri: string, parameters = 'mode=record', index = 0) {
  const Transport = `RTP/AVP/TCP;unicast;interleaved=${2 * index}-${2 * index + 1};${parameters}`
  return peer.request('SETUP', trackUri(uri, index), { headers: { Transport } })
}

async function publish(trial: Trial, headers = {}): Promise<Publisher> {
  const { peer, uri } = await announce(trial)
  const answer = requireStatus(await setUpRecord(peer, uri), 200, 'SETUP with mode=record')
  const session = { Session: answer.sessionId ?? '' }
  await peer.expect(200, 'RECORD', uri, { headers: { ...session, ...headers } })
  return { peer, uri, session, rtpChannel: 0, rtcpChannel: 1 }
}

/** Sends an RTP packet with a small key frame every 40 ms, for a number of milliseconds. */
async function sendFor(trial: Trial, { peer, rtpChannel }: Publisher, ms: number): Promise<void> {
  const end = performance.now() + ms
  for (let n = 0; performance.now() < end; n += 1) {
    const header = { payloadType: 96, sequenceNumber: 100 + n, timestamp: 1 + 3600 * n, ssrc }
    peer.write(interleaved(rtpChannel, writeRtp(header, Buffer.of(0x65, 0x88, 0x84, n & 0xff))))
    await trial.waiting.pass(40)
  }
}

/** Conformance tests for publishing: ANNOUNCE and RECORD. */
export const recordRows: readonly Row[] = [
  {
    id: 'A-REC-1',
    level: 'must',
    reference: 'RFC 2326 10.3, 10.11',
    requirement: 'a client publishes with ANNOUNCE, SETUP and RECORD',
    expected: '200 to each, and to TEARDOWN',
    needs: ['publish'],
    run: async (trial) => {
      const { peer, uri, session } = await publish(trial)
      await peer.expect(200, 'TEARDOWN', uri, { headers: session })
      return undefined
    },
  },
  {
    id: 'A-REC-2',
    level: 'should',
    reference: 'RFC 2326 10.3; GStreamer 1.22',
    requirement: 'ANNOUNCE without a description that can be used is refused',
    expected: '4xx to no body, another type, no SDP, no m= line',
    needs: ['publish'],
    run: async (trial) => {
      const presentation = trial.target('publish')
      const noMedia = announcement(0)
      for (const [what, headers, body] of [
        ['no body', sdp, undefined],
        ['another type', { 'Content-Type': 'text/plain' }, announcement()],
        ['no SDP', sdp, 'this is no description\r\n'],
        ['no m= line', sdp, noMedia],
      ] as const) {
        const peer = await trial.connect(presentation)
        const answer = await peer.request('ANNOUNCE', presentation.uri, { headers, body })
        const isRefused = answer.status >= 400 && answer.status < 500
        check(isRefused, `4xx to ANNOUNCE with ${what}`, answer.toString())
      }
      return undefined
    },
  },
  {
    id: 'A-REC-3',
    level: 'must',
    reference: 'RFC 2326 11.3.1',
    requirement: 'ANNOUNCE where nobody may publish is refused',
    expected: '401, 403, 405 with Allow, or 501',
    run: async (trial) => {
      const peer = await trial.connect()
      const answer = await peer.request('ANNOUNCE', trial.uri, {
        headers: sdp,
        body: announcement(),
      })
      requireStatus(answer, [400, 401, 403, 405, 455, 501], 'ANNOUNCE of what the server plays')
      const isNamed = answer.status !== 405 || answer.list('Allow').length > 0
      check(isNamed, '405 with Allow', '405 without')
      return answer.toString()
    },
  },
  {
    id: 'A-REC-4',
    level: 'house',
    reference: 'own decision',
    requirement: 'a second publisher is refused, and the first one goes on',
    expected: '4xx to the second ANNOUNCE, 200 to OPTIONS of the first',
    needs: ['publish'],
    run: async (trial) => {
      const { peer, uri, session } = await publish(trial)
      const other = await trial.connect(trial.target('publish'))
      const request = { headers: sdp, body: announcement() }
      const answer = await other.request('ANNOUNCE', uri, request)
      const isRefused = answer.status >= 400 && answer.status < 500
      check(isRefused, '4xx to the second ANNOUNCE', answer.toString())
      await peer.expect(200, 'OPTIONS', uri, { headers: session })
      return answer.toString()
    },
  },
  {
    id: 'A-REC-5',
    level: 'must',
    reference: 'RFC 2326 10.11; FFmpeg 5.1',
    requirement: 'RECORD with Range: npt=0.000- records',
    expected: '200',
    needs: ['publish'],
    run: async (trial) => {
      await publish(trial, { Range: 'npt=0.000-' })
      return undefined
    },
  },
  {
    id: 'A-REC-6',
    level: 'must',
    reference: 'RFC 2326 10.11; own decision',
    requirement: 'RECORD when one of two tracks was set up is answered, and does no harm',
    expected: '200 or 4xx',
    needs: ['publish'],
    run: async (trial) => {
      const { uri } = trial.target('publish')
      const peer = await trial.connect(trial.target('publish'))
      const request = { headers: sdp, body: announcement(2) }
      const announced = await peer.request('ANNOUNCE', uri, request)
      if (announced.status !== 200) throw new Skip(`two tracks get ${announced}`)
      const set = requireStatus(await setUpRecord(peer, uri), 200, 'SETUP with mode=record')
      const headers = { Session: set.sessionId ?? '' }
      const answer = await peer.request('RECORD', uri, { headers })
      const isFine = answer.status === 200 || (answer.status >= 400 && answer.status < 500)
      check(isFine, '200 or 4xx', answer.toString())
      await trial.answers(peer)
      return answer.toString()
    },
  },
  {
    id: 'A-REC-7',
    level: 'should',
    reference: 'RFC 2326 7.1.1; own decision',
    requirement: 'a path where nobody publishes gets 404',
    expected: '404 to DESCRIBE',
    needs: ['publish'],
    run: async (trial) => {
      const presentation = trial.target('publish')
      const peer = await trial.connect(presentation)
      await peer.expect(404, 'DESCRIBE', presentation.uri)
      return undefined
    },
  },
  {
    id: 'A-REC-8',
    level: 'house',
    reference: 'RFC 3550 6.6; own decision',
    requirement: 'when a publisher leaves, viewers hear BYE and the path is gone',
    expected: 'RTP, BYE or a close, then 404',
    needs: ['publish'],
    run: async (trial) => {
      const publisher = await publish(trial)
      await sendFor(trial, publisher, 200)
      const viewer = await trial.connect(trial.target('publish'))
      await trial.play(viewer, publisher.uri)
      await sendFor(trial, publisher, 200)
      await viewer.frame('RTP of the publisher', () => true)
      const { session } = publisher
      await publisher.peer.expect(200, 'TEARDOWN', publisher.uri, { headers: session })
      if (!(await viewer.closes(500))) {
        await viewer.frame('RTCP BYE, or a close', ({ payload }) => hasBye(payload), 1000)
      }
      const other = await trial.connect(trial.target('publish'))
      await other.expect(404, 'DESCRIBE', publisher.uri)
      return undefined
    },
  },
  {
    id: 'A-REC-10',
    level: 'should',
    reference: 'RFC 7826',
    requirement: 'ANNOUNCE and RECORD do not exist in RTSP 2.0',
    expected: '4xx or 5xx',
    run: async (trial) => {
      const peer = await trial.connect()
      for (const method of ['ANNOUNCE', 'RECORD']) {
        peer.write(`${method} ${trial.uri} RTSP/2.0\r\nCSeq: 1\r\n\r\n`)
        const answer = await peer.answer(`4xx or 5xx to ${method} in RTSP/2.0`)
        check(answer.status >= 400, `4xx or 5xx to ${method} in RTSP/2.0`, answer.toString())
      }
      return undefined
    },
  },
  {
    id: 'A-RED-1',
    level: 'should',
    reference: 'RFC 2326 10.10',
    requirement: 'REDIRECT is not for clients to send',
    expected: '501 or 405',
    run: async (trial) => {
      const peer = await trial.connect()
      const answer = await peer.expect([501, 405], 'REDIRECT', trial.uri)
      return answer.toString()
    },
  },
  {
    id: 'A-RTC-7',
    level: 'should',
    reference: 'RFC 3550 6.4.2',
    requirement: 'a publisher gets receiver reports',
    expected: 'a receiver report of its SSRC within 8 s',
    needs: ['publish'],
    seconds: 12,
    run: async (trial) => {
      const publisher = await publish(trial)
      const { peer, rtcpChannel } = publisher
      const sending = sendFor(trial, publisher, 8000).catch((error: unknown) => {
        if (!(error instanceof Mismatch)) throw error
      })
      const isReport = (payload: Buffer): boolean =>
        readRtcp(payload)?.some(
          ({ type, body }) =>
            type === rtcpTypes.receiverReport && body.length >= 8 && body.readUInt32BE(4) === ssrc,
        ) ?? false
      const report = peer.frame(
        'a receiver report of the SSRC',
        ({ channel, payload }) => channel === rtcpChannel && isReport(payload),
        8000,
      )
      await Promise.race([report, sending.then(() => report)])
      return undefined
    },
  },
]

/** Conformance tests for SETUP by publishers. */
export const recordTransportRows: readonly Row[] = [
  {
    id: 'A-SET-15',
    level: 'must',
    reference: 'RFC 2326 12.39',
    requirement: 'mode is understood in any case and with quotes',
    expected: '200 to mode=record and mode="RECORD"',
    needs: ['publish'],
    run: (trial) => modesTaken(trial, ['mode=record', 'mode="RECORD"']),
  },
  {
    id: 'A-SET-15c',
    level: 'house',
    reference: 'FFmpeg before 0.11',
    requirement: 'mode=receive means record',
    expected: '200',
    needs: ['publish'],
    run: (trial) => modesTaken(trial, ['mode=receive']),
  },
  {
    id: 'A-SET-15b',
    level: 'should',
    reference: 'RFC 2326 11.3.1, 12.39',
    requirement: 'RECORD in a session that was set up to play is refused',
    expected: '405 with Allow, 455 or 501',
    run: async (trial) => {
      const { ask } = await trial.setUpAll()
      const answer = await ask([405, 455, 501], 'RECORD')
      const isNamed = answer.status !== 405 || answer.list('Allow').length > 0
      check(isNamed, '405 with Allow', '405 without')
      return answer.toString()
    },
  },
  {
    id: 'A-SET-16',
    level: 'should',
    reference: 'RFC 2326 12.39',
    requirement: 'append is refused where it cannot be done',
    expected: '4xx, or 200 with append',
    needs: ['publish'],
    run: async (trial) => {
      const { peer, uri } = await announce(trial)
      const answer = await setUpRecord(peer, uri, 'mode=record;append')
      if (answer.status >= 400 && answer.status < 500) return answer.toString()
      requireStatus(answer, 200, 'SETUP with append')
      const transport = answer.header('Transport') ?? ''
      check(/;\s*append/i.test(transport), '4xx, or 200 with append', transport)
      return 'append'
    },
  },
]

/** Checks that SETUP after an ANNOUNCE accepts each of these values of the parameter `mode`. */
async function modesTaken(trial: Trial, modes: readonly string[]): Promise<undefined> {
  for (const mode of modes) {
    const { peer, uri } = await announce(trial)
    const answer = requireStatus(await setUpRecord(peer, uri, mode), 200, `SETUP with ${mode}`)
    await peer.expect(200, 'TEARDOWN', uri, { headers: { Session: answer.sessionId ?? '' } })
    peer.close()
  }
  return undefined
}

function hasBye(payload: Buffer): boolean {
  return readRtcp(payload)?.some(({ type }) => type === rtcpTypes.bye) ?? false
}
