import { check } from '../mismatch.js'
import type { Row } from '../row.js'

/** Conformance tests for TEARDOWN and for the other ways in which a session ends. */
export const teardownRows: readonly Row[] = [
  {
    id: 'A-TRD-1',
    level: 'must',
    reference: 'RFC 2326 10.7',
    requirement: 'TEARDOWN ends the session: no more media, and its id is unknown',
    expected: '200, then 454',
    run: async (trial) => {
      const { peer, ask } = await trial.play()
      await peer.frame('RTP', () => true)
      await ask(200, 'TEARDOWN')
      await ask(454, 'PLAY')
      await trial.waiting.pass(200)
      const from = peer.frames.length
      await trial.waiting.pass(500)
      check(peer.frames.length === from, 'no more frames', `${peer.frames.length - from} frames`)
      return undefined
    },
  },
  {
    id: 'A-TRD-2',
    level: 'must',
    reference: 'RFC 2326 10.7, 11.3.11',
    requirement: 'TEARDOWN of one track of several removes it, or is refused with 460',
    expected: '200 or 460',
    needs: ['two tracks'],
    run: async (trial) => {
      const { peer, session, tracks, ask } = await trial.setUpAll()
      const uri = tracks[0]?.track.uri ?? ''
      const answer = await peer.expect([200, 460], 'TEARDOWN', uri, { headers: session })
      // 454 if the server ends the whole session.
      await ask([200, 454], 'PLAY')
      return answer.toString()
    },
  },
  {
    id: 'A-TRD-3',
    level: 'must',
    reference: 'RFC 2326 11.3.11',
    requirement: 'PLAY of one track of several plays, or is refused with 460',
    expected: '200 or 460',
    needs: ['two tracks'],
    run: async (trial) => {
      const { peer, session, tracks } = await trial.setUpAll()
      const uri = tracks[0]?.track.uri ?? ''
      return (await peer.expect([200, 460], 'PLAY', uri, { headers: session })).toString()
    },
  },
  {
    id: 'A-TRD-4',
    level: 'house',
    reference: 'own decision',
    requirement: 'an interleaved session ends with its connection',
    expected: '454 from a new connection within 1 s',
    run: async (trial) => {
      const { peer, session, description } = await trial.play()
      peer.close()
      await trial.waiting.pass(300)
      const other = await trial.connect()
      await other.expect(454, 'OPTIONS', description.aggregateUri, { headers: session })
      return undefined
    },
  },
  {
    id: 'A-TRD-5',
    level: 'should',
    reference: 'RFC 2326 12.37',
    requirement: 'a session by UDP goes on playing when its connection closes',
    expected: 'RTP after the close, 200 to TEARDOWN from a new connection',
    needs: ['udp'],
    run: async (trial) => {
      const { peer, pair, aggregateUri, sessionId } = await trial.playOverUdp()
      const headers = { Session: sessionId }
      await trial.waiting.until(
        () => pair.rtp[0],
        'RTP',
        () => 'nothing',
      )
      peer.close()
      await trial.waiting.pass(500)
      const before = pair.rtp.length
      await trial.waiting.until(
        () => pair.rtp[before],
        'RTP after the close',
        () => 'none',
        2000,
      )
      const other = await trial.connect()
      await other.expect(200, 'TEARDOWN', aggregateUri, { headers })
      return undefined
    },
  },
]
