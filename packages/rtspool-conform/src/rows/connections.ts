import { check, Mismatch } from '../mismatch.js'
import { requireStatus } from '../peer.js'
import type { Row } from '../row.js'

const unknownFeature = 'a.conform.example'

/** Conformance tests for required features, versions and the end of the connection. */
export const connectionRows: readonly Row[] = [
  {
    id: 'A-MSG-13',
    level: 'must',
    reference: 'RFC 2326 12.32, 11.3.14',
    requirement: 'a required feature that is not supported gets 551 and is named in Unsupported',
    expected: `551 with Unsupported: ${unknownFeature}`,
    run: async (trial) => {
      const peer = await trial.connect()
      const headers = { Require: unknownFeature }
      for (const method of ['OPTIONS', 'DESCRIBE', 'SETUP']) {
        const transport = method === 'SETUP' ? { Transport: 'RTP/AVP/TCP;unicast' } : {}
        const answer = await peer.expect(551, method, trial.uri, {
          headers: { ...headers, ...transport },
        })
        const named = answer.list('Unsupported')
        const got = named.length === 0 ? 'no Unsupported' : `Unsupported: ${named.join(', ')}`
        check(named.join() === unknownFeature, `Unsupported: ${unknownFeature}`, got)
      }
      return undefined
    },
  },
  {
    id: 'A-MSG-14',
    level: 'should',
    reference: 'RFC 2326 12.27',
    requirement: 'Proxy-Require is treated as Require',
    expected: `551 with Unsupported: ${unknownFeature}`,
    run: async (trial) => {
      const peer = await trial.connect()
      const headers = { 'Proxy-Require': unknownFeature }
      const answer = await peer.expect(551, 'OPTIONS', trial.uri, { headers })
      const named = answer.header('Unsupported')
      check(named === unknownFeature, `Unsupported: ${unknownFeature}`, named ?? 'no Unsupported')
      return undefined
    },
  },
  {
    id: 'A-MSG-15',
    level: 'should',
    reference: 'RFC 2326 7.1.1, RFC 2068 10.5.6',
    requirement: 'a version that is not served gets 505 in a version that is, with CSeq',
    expected: 'RTSP/1.0 505 with CSeq: 9',
    run: async (trial) => {
      const peer = await trial.connect()
      peer.write(`OPTIONS * RTSP/3.0\r\nCSeq: 9\r\n\r\n`)
      const answer = requireStatus(await peer.answer('505 to RTSP/3.0'), 505, 'RTSP/3.0')
      check(answer.version === 'RTSP/1.0', 'an answer in RTSP/1.0', answer.version)
      check(answer.header('CSeq') === '9', 'CSeq: 9', `CSeq: ${answer.header('CSeq')}`)
      return undefined
    },
  },
  {
    id: 'A-20-1',
    level: 'should',
    reference: 'RFC 7826 17.5.6',
    requirement: 'a server of RTSP 1.0 answers RTSP/2.0 with 505 and says what it serves',
    expected: 'RTSP/1.0 505 with a body that names RTSP/1.0, or an answer in RTSP/2.0',
    run: async (trial) => {
      const peer = await trial.connect()
      peer.write('OPTIONS * RTSP/2.0\r\nCSeq: 3\r\n\r\n')
      const answer = await peer.answer('505 to RTSP/2.0')
      if (answer.version === 'RTSP/2.0') return `an answer in RTSP/2.0: ${answer}`
      requireStatus(answer, 505, 'RTSP/2.0')
      const body = answer.body.toString('utf8')
      check(body.includes('RTSP/1.0'), 'a body that names RTSP/1.0', body || 'no body')
      await trial.answers(peer)
      return undefined
    },
  },
  {
    id: 'A-MSG-16',
    level: 'house',
    reference: 'own decision',
    requirement: 'bytes that are no message end the connection',
    expected: '400 or a close within 1 s',
    run: async (trial) => {
      const garbage = [
        Buffer.of(0x16, 0x03, 0x01, 0x02, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0x0d, 0x0a, 0x0d, 0x0a),
        'HELO world\r\n\r\n',
      ]
      for (const bytes of garbage) {
        const peer = await trial.connect()
        peer.write(bytes)
        if (await peer.closes(1000)) continue
        const answer = await peer.answer('400 or a close within 1 s', 1)
        requireStatus(answer, 400, 'bytes that are no message')
      }
      return undefined
    },
  },
  {
    id: 'A-MSG-17',
    level: 'must',
    reference: 'RFC 2326 12.18, RFC 2068 3.3.1',
    requirement: 'a Date, where there is one, has the form of RFC 1123 in GMT',
    expected: 'no Date, or as in "Sun, 06 Nov 1994 08:49:37 GMT"',
    run: async (trial) => {
      const peer = await trial.connect()
      const answer = await peer.expect(200, 'OPTIONS', trial.uri)
      const date = answer.header('Date')
      if (date === undefined) return 'no Date'
      const form = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
      check(form.test(date), 'a date as in "Sun, 06 Nov 1994 08:49:37 GMT"', date)
      return date.replace(/\d/g, '0')
    },
  },
  {
    id: 'A-MSG-18',
    level: 'must',
    reference: 'RFC 2326 9.1',
    requirement: 'pipelined requests are answered in their order',
    expected: 'CSeq 1, 2, 3',
    run: async (trial) => {
      const peer = await trial.connect()
      const methods = ['OPTIONS', 'DESCRIBE', 'OPTIONS']
      peer.write(methods.map((method) => peer.format(method, trial.uri)).join(''))
      const order: string[] = []
      for (const method of methods) {
        order.push((await peer.answer(`an answer to ${method}`)).header('CSeq') ?? 'none')
      }
      check(order.join() === '1,2,3', 'CSeq 1, 2, 3', order.join(', '))
      return undefined
    },
  },
  {
    id: 'A-MSG-19',
    level: 'must',
    reference: 'RFC 2326 9',
    requirement: 'requests may come in pieces of any size',
    expected: '200 to requests sent byte by byte',
    run: async (trial) => {
      const peer = await trial.connect()
      for (const method of ['OPTIONS', 'DESCRIBE']) {
        await peer.writeSlowly(peer.format(method, trial.uri))
        const answer = await peer.answer(`200 to ${method}, byte by byte`)
        if (answer.status !== 401) requireStatus(answer, 200, `${method}, byte by byte`)
      }
      return undefined
    },
  },
  {
    id: 'A-MSG-20',
    level: 'should',
    reference: 'RFC 2326 9, 12.37',
    requirement: 'a session by UDP outlives the connection on which it was set up',
    expected: '200 to PLAY on a second connection',
    needs: ['udp'],
    run: async (trial) => {
      const first = await trial.connect()
      const { tracks, aggregateUri } = await trial.describe(first)
      const [track] = tracks
      const pair = await trial.udpPair()
      check(track !== undefined, 'a track', 'none')
      const { sessionId } = await trial.setUp(first, track, `RTP/AVP;unicast;${pair.clientPort}`)
      first.close()
      const second = await trial.connect()
      await second.expect(200, 'PLAY', aggregateUri, { headers: { Session: sessionId } })
      return undefined
    },
  },
  {
    id: 'A-MSG-21',
    level: 'should',
    reference: 'RFC 2326 9, RFC 7826 10.3',
    requirement: 'neither an error nor TEARDOWN closes the connection',
    expected: '200 to OPTIONS after a refusal, and to SETUP after TEARDOWN',
    run: async (trial) => {
      const peer = await trial.connect()
      await peer.request('DESCRIBE', `${trial.uri}-conform-none`)
      await trial.answers(peer)
      const { tracks } = await trial.describe(peer)
      const [track] = tracks
      check(track !== undefined, 'a track', 'none')
      const { sessionId } = await trial.setUp(peer, track)
      await peer.expect(200, 'TEARDOWN', trial.uri, { headers: { Session: sessionId } })
      await trial.setUp(peer, track)
      return undefined
    },
  },
  {
    id: 'A-MSG-23',
    level: 'should',
    reference: 'RFC 2326 12.10, RFC 2068 14.10',
    requirement: 'Connection: close is honoured after the answer',
    expected: '200, then a close',
    run: async (trial) => {
      const peer = await trial.connect()
      await peer.expect(200, 'OPTIONS', trial.uri, { headers: { Connection: 'close' } })
      check(await peer.closes(1000), 'a close within 1 s', 'an open connection')
      return undefined
    },
  },
  {
    id: 'A-MSG-24',
    level: 'should',
    reference: 'RFC 2326 10',
    requirement: 'a response that nobody asked for does not disturb',
    expected: '200 to the next OPTIONS',
    run: async (trial) => {
      const peer = await trial.connect()
      peer.write('RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n')
      peer.write('RTSP/1.0 501 Not Implemented\r\n\r\n')
      try {
        await trial.answers(peer)
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error
        throw new Mismatch('200 to the next OPTIONS', error.got)
      }
      return undefined
    },
  },
]
