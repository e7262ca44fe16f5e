import { check } from '../mismatch.js'
import type { Peer } from '../peer.js'
import type { Row } from '../row.js'
import { interleaved, readRtp, receiverReport } from '../rtp.js'
import type { Playing, Trial } from '../trial.js'

const ssrc = 0x1357_9bdf

/**
 * Sends bytes between two requests of a playing session. Checks that the second request succeeds, and that RTP
 * continues.
 *
 * @param send - Sends the bytes on the connection.
 */
async function between(
  trial: Trial,
  send: (peer: Peer, playing: Playing) => void,
): Promise<undefined> {
  const peer = await trial.connect()
  const playing = await trial.play(peer)
  send(peer, playing)
  await playing.ask(200, 'OPTIONS')
  await peer.nextFrame('RTP afterwards', 2000)
  return undefined
}

const rtcpChannel = ({ tracks }: Playing): number => tracks[0]?.channels?.[1] ?? 1

/** Conformance tests for interleaved frames between messages. */
export const interleavedRows: readonly Row[] = [
  {
    id: 'A-ILV-1',
    level: 'must',
    reference: 'RFC 2326 10.12',
    requirement: 'answers never cut a frame, nor frames an answer',
    expected: '40 answers among whole frames of RTP and RTCP',
    run: async (trial) => {
      const { peer, tracks, ask } = await trial.play()
      const known = new Set(tracks.flatMap(({ channels }) => channels ?? []))
      for (let n = 0; n < 40; n += 1) {
        await ask(200, 'OPTIONS')
        await trial.waiting.pass(25)
      }
      check(peer.garbage === undefined, 'whole frames and messages', peer.garbage ?? '')
      const odd = peer.frames.find(({ channel }) => !known.has(channel))
      check(odd === undefined, 'frames on the channels agreed', `one on ${odd?.channel}`)
      const media = new Set(tracks.map(({ channels }) => channels?.[0]))
      const broken = peer.frames.some((each) => media.has(each.channel) && !readRtp(each.payload))
      check(!broken, 'RTP on the first channel of each pair', 'something else')
      return undefined
    },
  },
  {
    id: 'A-ILV-2',
    level: 'must',
    reference: 'RFC 2326 10.12',
    requirement: 'frames of the client may come between any two requests',
    expected: '200 to both, and RTP goes on',
    run: (trial) =>
      between(trial, (peer, playing) => {
        const report = interleaved(rtcpChannel(playing), receiverReport(ssrc))
        peer.write(Buffer.concat([report, report]))
      }),
  },
  {
    id: 'A-ILV-3',
    level: 'should',
    reference: 'own decision',
    requirement: 'a frame on a channel that nobody has agreed on is dropped',
    expected: '200 to the next request',
    run: (trial) => between(trial, (peer) => peer.write(interleaved(199, Buffer.from('test')))),
  },
  {
    id: 'A-ILV-4',
    level: 'should',
    reference: 'RFC 2326 10.12',
    requirement: 'frames of no bytes and of 65535 bytes do not disturb',
    expected: '200 to the next request',
    run: (trial) =>
      between(trial, (peer, playing) => {
        const channel = rtcpChannel(playing)
        peer.write(interleaved(channel, Buffer.alloc(0)))
        peer.write(interleaved(channel, Buffer.alloc(65_535)))
      }),
  },
  {
    id: 'A-ILV-5',
    level: 'should',
    reference: 'own decision',
    requirement: 'frames before PLAY and after TEARDOWN are dropped',
    expected: '200 to the requests around them',
    run: async (trial) => {
      const { peer, ask } = await trial.setUpAll()
      const frame = interleaved(1, receiverReport(ssrc))
      peer.write(frame)
      await ask(200, 'PLAY')
      await ask(200, 'TEARDOWN')
      peer.write(frame)
      await trial.answers(peer)
      return undefined
    },
  },
  {
    id: 'A-ILV-6',
    level: 'must',
    reference: 'RFC 2326 10.12',
    requirement: 'frames of the client may come in pieces of any size',
    expected: '200 to the request behind a frame sent byte by byte',
    run: async (trial) => {
      const peer = await trial.connect()
      const playing = await trial.play(peer)
      const frame = interleaved(rtcpChannel(playing), receiverReport(ssrc))
      await peer.writeSlowly(frame.toString('latin1'))
      await playing.ask(200, 'OPTIONS')
      return undefined
    },
  },
  {
    id: 'A-ILV-7',
    level: 'should',
    reference: 'RFC 2326 10.12',
    requirement: 'no packet of a session comes before its PLAY',
    expected: 'no frame between SETUP and PLAY',
    run: async (trial) => {
      const peer = await trial.connect()
      await trial.setUpAll(peer)
      await trial.waiting.pass(300)
      const count = peer.frames.length
      check(count === 0, 'no frame before PLAY', `${count} frames`)
      return undefined
    },
  },
]
