import { check, Mismatch } from '../mismatch.js'
import type { Row } from '../row.js'
import { readRtp } from '../rtp.js'
import { readRtpInfo } from '../rtp-info.js'

/** Maximum number of RTP packets that may be missing after a PAUSE and PLAY, because the server has dropped them. */
const maxLostPackets = 16

/** Conformance tests for the RTP-Info header. */
export const rtpInfoRows: readonly Row[] = [
  {
    id: 'A-INF-1',
    level: 'must',
    reference: 'RFC 2326 12.33',
    requirement: 'RTP-Info names the URL of each track and the first packet that comes',
    expected: 'url= as in SETUP, seq= and rtptime= of the first packet',
    run: async (trial) => {
      const { peer, tracks, answer } = await trial.play()
      const entries = readRtpInfo(answer)
      for (const { track, channels } of tracks) {
        const entry = entries.find(({ url }) => isSameUrl(url, track.uri))
        const urls = entries.map(({ url }) => url).join(', ') || 'no RTP-Info'
        check(entry !== undefined, `url=${track.uri}`, urls)
        if (entry.seq === undefined) continue
        const frame = await peer.frame(
          `RTP of ${track.kind}`,
          (each) => each.channel === channels?.[0],
        )
        const first = readRtp(frame.payload)
        check(first?.sequenceNumber === entry.seq, `seq=${entry.seq}`, `${first?.sequenceNumber}`)
      }
      return undefined
    },
  },
  {
    id: 'A-INF-2',
    level: 'must',
    reference: 'RFC 2326 B',
    requirement: 'a seek does not break the sequence numbers of a session',
    expected: 'the sequence goes on by one',
    needs: ['seekable'],
    run: async (trial) => {
      const { uri } = trial.target('seekable')
      const peer = await trial.connect()
      const { session, description, tracks } = await trial.play(peer, uri)
      const channel = tracks[0]?.channels?.[0]
      await peer.frame('RTP', (each) => each.channel === channel)
      await trial.waiting.pass(300)
      const { aggregateUri } = description
      await peer.expect(200, 'PAUSE', aggregateUri, { headers: session })
      await trial.waiting.pass(100)
      const last = peer.frames.filter((each) => each.channel === channel).at(-1)
      const headers = { ...session, Range: 'npt=4-' }
      const from = peer.frames.length
      await peer.expect(200, 'PLAY', aggregateUri, { headers })
      const next = await peer.frame(
        'RTP after the seek',
        (each) => each.channel === channel,
        3000,
        from,
      )
      const before = last && readRtp(last.payload)?.sequenceNumber
      const after = readRtp(next.payload)?.sequenceNumber
      if (before === undefined || after === undefined) throw new Mismatch('RTP', 'none')
      // Packets under way at the time of the pause may be lost.
      const gap = (after - before - 1) & 0xffff
      check(gap <= maxLostPackets, `sequence number ${before + 1}`, String(after))
      return undefined
    },
  },
  {
    id: 'A-INF-3',
    level: 'house',
    reference: 'RFC 2326 B; own decision',
    requirement: 'the answer to PLAY comes before the first packet',
    expected: 'no frame before the answer',
    run: async (trial) => {
      const { answer } = await trial.play()
      check(
        answer.framesBefore === 0,
        'no frame before the answer',
        `${answer.framesBefore} frames`,
      )
      return undefined
    },
  },
]

function isSameUrl(left: string, right: string): boolean {
  const plain = (url: string): string => url.replace(/\/+$/, '').toLowerCase()
  return plain(left) === plain(right)
}
