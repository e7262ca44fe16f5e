import { check, Skip } from '../mismatch.js'
import { requireStatus } from '../peer.js'
import type { Row } from '../row.js'
import { interleaved, receiverReport } from '../rtp.js'
import type { Trial } from '../trial.js'

/** Maximum session timeout of the server, in seconds, for which a test waits; a longer one skips the test. */
const longTimeout = 90
/** Seconds that a server may wait beyond the session timeout before it removes a session (GStreamer: 5 s). */
const graceSeconds = 10

/** Conformance tests for sessions: ids, timeouts, keepalive. */
export const sessionRows: readonly Row[] = [
  {
    id: 'A-SES-1',
    level: 'must',
    reference: 'RFC 2326 3.4',
    requirement: 'a session id has at least 8 characters of those that are allowed',
    expected: '8 or more of A-Z a-z 0-9 $ - _ . +',
    run: async (trial) => {
      const { sessionId } = await trial.setUpAll()
      const what = `${sessionId.length} characters`
      check(/^[A-Za-z0-9$\-_.+]{8,}$/.test(sessionId), '8 or more allowed characters', what)
      return what
    },
  },
  {
    id: 'A-SES-1b',
    level: 'house',
    reference: 'RFC 7826 4.3; VLC 3.0',
    requirement: 'an id has at least 128 random bits, and no character that confuses clients',
    expected: '22 to 128 of A-Z a-z 0-9 _ .',
    run: async (trial) => {
      const { sessionId } = await trial.setUpAll()
      const form = /^[A-Za-z0-9_.]{22,128}$/
      check(form.test(sessionId), '22 to 128 of A-Z a-z 0-9 _ .', `${sessionId.length} characters`)
      return undefined
    },
  },
  {
    id: 'A-SES-2',
    level: 'must',
    reference: 'RFC 2326 12.37',
    requirement: 'the timeout is the affair of the server; what a client adds is ignored',
    expected: '200, with the same timeout',
    run: async (trial) => {
      const { peer, sessionId, tracks, description } = await trial.setUpAll()
      const headers = { Session: `${sessionId};timeout=5` }
      const answer = await peer.expect(200, 'PLAY', description.aggregateUri, { headers })
      const before = tracks[0]?.answer.sessionTimeout
      const after = answer.header('Session') === undefined ? before : answer.sessionTimeout
      check(before === after, `timeout=${before}`, `timeout=${after}`)
      return `timeout=${before}`
    },
  },
  {
    id: 'A-SES-3',
    level: 'must',
    reference: 'RFC 2326 11.3.5',
    requirement: 'what needs a session gets 454 without one',
    expected: '454 to PLAY, PAUSE and TEARDOWN',
    run: async (trial) => {
      const peer = await trial.connect()
      for (const method of ['PLAY', 'PAUSE', 'TEARDOWN']) {
        await peer.expect(454, method, trial.uri)
      }
      return undefined
    },
  },
  {
    id: 'A-SES-4',
    level: 'must',
    reference: 'RFC 2326 12.37',
    requirement: 'an id that is unknown, or was torn down, gets 454',
    expected: '454 to each',
    run: async (trial) => {
      const { sessionId, description, ask } = await trial.setUpAll()
      await ask(200, 'TEARDOWN')
      const other = await trial.connect()
      for (const id of [sessionId, 'conform1234567890abcdef']) {
        for (const method of ['PLAY', 'TEARDOWN']) {
          await other.expect(454, method, description.aggregateUri, { headers: { Session: id } })
        }
      }
      return undefined
    },
  },
  {
    id: 'A-SES-5',
    level: 'must',
    reference: 'RFC 2326 3.4',
    requirement: 'ids are compared byte by byte',
    expected: '454 to the id in another case',
    run: async (trial) => {
      const { peer, sessionId, description } = await trial.setUpAll()
      const swapped = sessionId.replace(/[A-Za-z]/g, (letter) =>
        letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
      )
      if (swapped === sessionId) throw new Skip('the id has no letters')
      const headers = { Session: swapped }
      await peer.expect(454, 'PLAY', description.aggregateUri, { headers })
      return undefined
    },
  },
  {
    id: 'A-SES-6',
    level: 'should',
    reference: 'RFC 2326 12.37',
    requirement: 'a session ends after its timeout, and not before',
    expected: `200 shortly before the timeout, 454 up to ${graceSeconds} s after it`,
    needs: ['udp'],
    isSlow: true,
    seconds: 2 * longTimeout + graceSeconds + 10,
    run: async (trial) => {
      const { sessionId, timeout } = await overUdp(trial)
      const ask = async () => {
        const headers = { Session: sessionId }
        const peer = await trial.connect()
        const answer = await peer.request('OPTIONS', trial.uri, { headers })
        peer.close()
        return answer
      }
      await trial.waiting.pass(1000 * timeout - 500)
      requireStatus(await ask(), 200, 'OPTIONS shortly before the timeout')
      await trial.waiting.pass(1000 * (timeout + graceSeconds))
      requireStatus(await ask(), 454, 'OPTIONS after the timeout')
      return `timeout=${timeout}`
    },
  },
  {
    id: 'A-SES-7',
    level: 'should',
    reference: 'RFC 2326 A.2, RFC 7826 10.5; ONVIF Streaming',
    requirement: 'RTCP from the client keeps its session alive',
    expected: 'RTP after the timeout',
    isSlow: true,
    seconds: longTimeout + graceSeconds + 10,
    run: async (trial) => {
      const { peer, tracks } = await trial.play()
      const timeout = Math.min(longTimeout, tracks[0]?.answer.sessionTimeout ?? 60)
      const report = interleaved(tracks[0]?.channels?.[1] ?? 1, receiverReport(0x1234_5678))
      const end = performance.now() + 1000 * (timeout + graceSeconds)
      while (performance.now() < end) {
        await trial.waiting.pass(250 * Math.min(timeout, 20))
        peer.write(report)
      }
      const from = peer.frames.length
      await peer.frame('RTP after the timeout', () => true, 3000, from)
      return `timeout=${timeout}`
    },
  },
  {
    id: 'A-SES-8',
    level: 'should',
    reference: 'RFC 2326 10.8, RFC 7826 10.5',
    requirement: 'OPTIONS, GET_PARAMETER and SET_PARAMETER without a body are signs of life',
    expected: '200 to each',
    run: async (trial) => {
      const { ask } = await trial.setUpAll()
      for (const method of ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER']) {
        await ask(200, method)
      }
      return undefined
    },
  },
  {
    id: 'A-SES-9',
    level: 'house',
    reference: 'own decision',
    requirement: 'an interleaved session belongs to its connection: others do not find it',
    expected: '454 to OPTIONS and TEARDOWN from another connection',
    run: async (trial) => {
      const { session, description, ask } = await trial.setUpAll()
      const other = await trial.connect()
      for (const method of ['OPTIONS', 'TEARDOWN']) {
        await other.expect(454, method, description.aggregateUri, { headers: session })
      }
      await ask(200, 'PLAY')
      return undefined
    },
  },
  {
    id: 'A-SES-10',
    level: 'should',
    reference: 'RFC 2326 10.8, 11.3.2',
    requirement: 'a parameter that is not known gets 451',
    expected: '451',
    run: async (trial) => {
      const { peer, session, description } = await trial.setUpAll()
      const headers = { ...session, 'Content-Type': 'text/parameters' }
      const body = 'conform_unknown\r\n'
      await peer.expect(451, 'GET_PARAMETER', description.aggregateUri, { headers, body })
      return undefined
    },
  },
  {
    id: 'A-SES-11',
    level: 'should',
    reference: 'RFC 2326 10.9',
    requirement: 'SET_PARAMETER of an unknown one gets 451; without a type it is no disaster',
    expected: '451, then 200 or 4xx',
    run: async (trial) => {
      const { peer, session, description } = await trial.setUpAll()
      const body = 'conform_unknown: 1\r\n'
      const typed = { ...session, 'Content-Type': 'text/parameters' }
      await peer.expect(451, 'SET_PARAMETER', description.aggregateUri, { headers: typed, body })
      const answer = await peer.request('SET_PARAMETER', description.aggregateUri, {
        headers: session,
        body,
      })
      check(answer.status < 500, '200 or 4xx without Content-Type', answer.toString())
      return undefined
    },
  },
  {
    id: 'A-SES-12',
    level: 'must',
    reference: 'RFC 2326 A.2',
    requirement: 'a refusal does not change the state of a session',
    expected: 'RTP goes on after refused requests',
    run: async (trial) => {
      const { peer, ask } = await trial.play()
      await peer.frame('RTP', () => true)
      for (const method of ['PLAY', 'PAUSE', 'TEARDOWN']) {
        await ask(551, method, { Require: 'a.conform.example' })
      }
      const from = peer.frames.length
      await peer.frame('RTP after the refusals', () => true, 2000, from + 2)
      return undefined
    },
  },
]

/**
 * Starts a session that plays over UDP, and sends nothing more, so that the session can expire.
 *
 * @returns Session id, and timeout of the session in seconds.
 * @throws {Skip} The timeout is too long for a test.
 */
async function overUdp(trial: Trial): Promise<{ sessionId: string; timeout: number }> {
  const { answer, sessionId } = await trial.playOverUdp()
  const timeout = answer.sessionTimeout
  if (timeout > longTimeout) throw new Skip(`the timeout is ${timeout} s`)
  return { sessionId, timeout }
}
