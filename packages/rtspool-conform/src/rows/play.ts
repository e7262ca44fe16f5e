import { check, Skip } from '../mismatch.js'
import { nptOf } from '../npt.js'
import { requireStatus } from '../peer.js'
import type { Row } from '../row.js'
import { readRtcp, rtcpTypes } from '../rtp.js'
import type { Playing } from '../trial.js'

/** Milliseconds after the response to PAUSE in which packets that were on the way may arrive. */
const pauseMs = 500

/** Sends PAUSE, which must succeed. @throws {Skip} The server does not support PAUSE (405 or 501). */
async function pause(ask: Playing['ask']): Promise<void> {
  const answer = await ask([200, 405, 501], 'PAUSE')
  if (answer.status !== 200) throw new Skip(`PAUSE gets ${answer}`)
}

/** Conformance tests for the states of a session, PLAY and PAUSE. */
export const playRows: readonly Row[] = [
  {
    id: 'A-STA-1',
    level: 'must',
    reference: 'RFC 2326 A.2',
    requirement: 'each state takes the methods that belong to it',
    expected: '4xx to PLAY in Init; PLAY, PAUSE, PLAY after SETUP; no RECORD while playing',
    run: async (trial) => {
      const peer = await trial.connect()
      await peer.expect([454, 455], 'PLAY', trial.uri)
      const { session, description } = await trial.play(peer)
      const uri = description.aggregateUri
      const headers = session
      await peer.expect([400, 405, 455, 501], 'RECORD', uri, { headers })
      const paused = await peer.request('PAUSE', uri, { headers })
      if (paused.status !== 501) requireStatus(paused, 200, 'PAUSE while playing')
      await peer.expect(200, 'PLAY', uri, { headers })
      await peer.expect(200, 'TEARDOWN', uri, { headers })
      await peer.expect(454, 'PLAY', uri, { headers })
      return undefined
    },
  },
  {
    id: 'A-STA-2',
    level: 'should',
    reference: 'RFC 2326 11.3.6',
    requirement: 'an answer of 455 says in Allow what is possible',
    expected: '455 with Allow',
    run: async (trial) => {
      const { peer, session, description } = await trial.play()
      const answer = await peer.request('RECORD', description.aggregateUri, { headers: session })
      if (answer.status !== 455) throw new Skip(`RECORD while playing gets ${answer}`)
      check(answer.list('Allow').length > 0, 'Allow', 'none')
      return answer.list('Allow').join(', ')
    },
  },
  {
    id: 'A-PLY-1',
    level: 'must',
    reference: 'RFC 2326 10.5, 12.29, 12.33',
    requirement: 'the answer to PLAY has a Range, and RTP-Info of each track',
    expected: 'Range, and one url= for each track',
    run: async (trial) => {
      const { answer, tracks } = await trial.play()
      check(answer.header('Range') !== undefined, 'a Range header', 'none')
      const info = answer.header('RTP-Info') ?? ''
      const count = info.match(/url=/gi)?.length ?? 0
      check(count === tracks.length, `RTP-Info of ${tracks.length} tracks`, `of ${count}`)
      return answer.header('Range')?.replace(/\d/g, '0')
    },
  },
  {
    id: 'A-PLY-2',
    level: 'must',
    reference: 'RFC 2326 10.5',
    requirement: 'PLAY while playing is no error, and nothing stops',
    expected: '200, and RTP goes on',
    run: async (trial) => {
      const { peer, ask } = await trial.play()
      await peer.frame('RTP', () => true)
      await ask(200, 'PLAY')
      await peer.nextFrame('RTP after the second PLAY', 2000)
      return undefined
    },
  },
  {
    id: 'A-PLY-3',
    level: 'must',
    reference: 'RFC 2326 10.5, 10.6',
    requirement: 'PLAY without Range goes on where PAUSE has stopped',
    expected: 'a Range that begins near the pause point',
    needs: ['seekable'],
    run: async (trial) => {
      const file = trial.target('seekable')
      const peer = await trial.connect(file)
      const { ask } = await trial.play(peer, file.uri, { Range: 'npt=0-' })
      const begin = performance.now()
      await trial.waiting.pass(1200)
      await ask(200, 'PAUSE')
      const played = (performance.now() - begin) / 1000
      const answer = await ask(200, 'PLAY')
      const start = nptOf(answer)
      const isNear = start !== undefined && start > 0.1 && Math.abs(start - played) < 1.5
      const got = answer.header('Range') ?? 'no Range'
      check(isNear, 'a Range that begins near npt=1.2', got)
      return undefined
    },
  },
  {
    id: 'A-PLY-4',
    level: 'must',
    reference: 'RFC 2326 10.6',
    requirement: 'something live can be resumed after PAUSE',
    expected: '200, and RTP again',
    run: async (trial) => {
      const { peer, ask } = await trial.play()
      await pause(ask)
      await ask(200, 'PLAY')
      await peer.nextFrame('RTP after the second PLAY', 3000)
      return undefined
    },
  },
  {
    id: 'A-PLY-5',
    level: 'should',
    reference: 'RFC 2326 10.5, RFC 3550 6.6',
    requirement: 'at its end something stored says BYE, and can be played again',
    expected: 'BYE, then 200 to PLAY from the begin, and RTP',
    needs: ['seekable'],
    seconds: 12,
    run: async (trial) => {
      const file = trial.target('seekable')
      const peer = await trial.connect(file)
      const { description, answer, ask } = await trial.play(peer, file.uri, { Range: 'npt=0-' })
      const end = /-\s*([\d.]+)\s*$/.exec(answer.header('Range') ?? '')?.[1]
      const length = Number(
        end ?? /npt=0[^-]*-([\d.]+)/.exec(description.answer.body.toString())?.[1],
      )
      check(length > 0, 'an end in Range or a=range', answer.header('Range') ?? 'no Range')
      const Range = `npt=${Math.max(0, length - 1).toFixed(1)}-`
      await ask(200, 'PAUSE')
      await ask(200, 'PLAY', { Range })
      await peer.frame('RTCP BYE at the end', ({ payload }) => hasBye(payload))
      await ask(200, 'PLAY', { Range: 'npt=0-' })
      await peer.nextFrame('RTP from the begin', 3000)
      return undefined
    },
  },
  {
    id: 'A-PLY-6',
    level: 'must',
    reference: 'RFC 2326 10.6',
    requirement: 'PAUSE stops the stream',
    expected: `no RTP later than ${pauseMs / 1000} s after the answer`,
    run: async (trial) => {
      const { peer, tracks, ask } = await trial.play()
      const media = new Set(tracks.map(({ channels }) => channels?.[0]))
      await peer.frame('RTP', () => true)
      await pause(ask)
      await trial.waiting.pass(pauseMs)
      const from = peer.frames.length
      await trial.waiting.pass(700)
      const late = peer.frames.slice(from).filter(({ channel }) => media.has(channel)).length
      check(late === 0, 'no more RTP', `${late} packets`)
      return undefined
    },
  },
  {
    id: 'A-PLY-7',
    level: 'should',
    reference: 'RFC 2326 10.6',
    requirement: 'PAUSE at a point that will not be played gets 457',
    expected: '457',
    run: async (trial) => {
      const { ask } = await trial.play()
      await ask(457, 'PAUSE', { Range: 'npt=99999' })
      return undefined
    },
  },
]

/** Returns whether a compound RTCP packet contains a BYE. */
function hasBye(payload: Buffer): boolean {
  return readRtcp(payload)?.some(({ type }) => type === rtcpTypes.bye) ?? false
}
