import { check, Mismatch } from '../mismatch.js'
import { type Peer, requireStatus } from '../peer.js'
import type { Row } from '../row.js'
import type { Trial } from '../trial.js'

/** Formats an OPTIONS request with CSeq 1 and further header lines. */
const optionsText = (uri: string, ...lines: string[]): string =>
  [`OPTIONS ${uri} RTSP/1.0`, 'CSeq: 1', ...lines, '', ''].join('\r\n')

/** Sends the text of a request (`what` in messages), and checks that the response has status 200. */
async function taken(peer: Peer, text: string, what: string): Promise<void> {
  peer.write(text)
  requireStatus(await peer.answer(`200 to ${what}`), 200, what)
}

/** Returns whether a status code is 4xx or 5xx. */
const isRefusal = (status: number): boolean => status >= 400 && status < 600

/** Checks that the next response on the connection has the given value of CSeq. */
async function expectCSeq(peer: Peer, cSeq: number): Promise<void> {
  const answer = await peer.answer(`an answer with CSeq: ${cSeq}`)
  const got = answer.header('CSeq')
  check(Number(got) === cSeq, `CSeq: ${cSeq}`, got === undefined ? 'no CSeq' : `CSeq: ${got}`)
}

/** Conformance tests for messages: start lines, header lines, CSeq. */
export const messageRows: readonly Row[] = [
  {
    id: 'A-MSG-1',
    level: 'must',
    reference: 'RFC 2326 6.1, 10',
    requirement: 'methods are case-sensitive',
    expected: '4xx or 5xx to "options"',
    run: async (trial) => {
      const peer = await trial.connect()
      const answer = await peer.request('options', trial.uri)
      check(isRefusal(answer.status), '4xx or 5xx to "options"', answer.toString())
      return answer.toString()
    },
  },
  {
    id: 'A-MSG-2',
    level: 'must',
    reference: 'RFC 2326 10',
    requirement: 'an unknown method gets 501 and its CSeq; the connection goes on',
    expected: '501, then 200 to OPTIONS',
    run: async (trial) => {
      const peer = await trial.connect()
      peer.write(peer.format('FOO', trial.uri, { cSeq: 7 }))
      const answer = requireStatus(await peer.answer('501 to FOO'), 501, 'FOO')
      check(answer.header('CSeq') === '7', 'CSeq: 7', `CSeq: ${answer.header('CSeq')}`)
      await trial.answers(peer)
      return undefined
    },
  },
  {
    id: 'A-MSG-3',
    level: 'must',
    reference: 'RFC 2326 4.2, RFC 2068 4.2',
    requirement: 'header names in any case, white space around values or none',
    expected: '200 with CSeq: 7',
    run: async (trial) => {
      const peer = await trial.connect()
      for (const line of ['cseq:7', 'CSEQ:   7', 'CSeq:\t7  ']) {
        peer.write(`OPTIONS ${trial.uri} RTSP/1.0\r\n${line}\r\n\r\n`)
        await expectCSeq(peer, 7)
      }
      return undefined
    },
  },
  {
    id: 'A-MSG-4',
    level: 'should',
    reference: 'RFC 2326 4',
    requirement: 'lines may end with LF alone',
    expected: '200',
    run: async (trial) => {
      const peer = await trial.connect()
      await taken(peer, `OPTIONS ${trial.uri} RTSP/1.0\nCSeq: 1\n\n`, 'OPTIONS with LF alone')
      return undefined
    },
  },
  {
    id: 'A-MSG-5',
    level: 'must',
    reference: 'RFC 2326 12.17',
    requirement: 'every answer repeats the CSeq of its request',
    expected: 'the same number',
    run: async (trial) => {
      const peer = await trial.connect()
      for (const [method, cSeq] of [
        ['OPTIONS', 41],
        ['DESCRIBE', 1000],
        ['PLAY', 77],
      ] as const) {
        peer.write(peer.format(method, trial.uri, { cSeq }))
        await expectCSeq(peer, cSeq)
      }
      return undefined
    },
  },
  {
    id: 'A-MSG-5b',
    level: 'should',
    reference: 'RFC 2326 12.17',
    requirement: 'a request without CSeq gets 400, and no CSeq is made up',
    expected: '400 without CSeq',
    run: async (trial) => {
      const peer = await trial.connect()
      peer.write(`OPTIONS ${trial.uri} RTSP/1.0\r\n\r\n`)
      const answer = await peer.answer('400')
      requireStatus(answer, 400, 'a request without CSeq')
      const cSeq = answer.header('CSeq')
      check(cSeq === undefined, 'no CSeq in the answer', `CSeq: ${cSeq}`)
      return undefined
    },
  },
  {
    id: 'A-MSG-6',
    level: 'house',
    reference: 'RFC 2326 12.17; own decision',
    requirement: 'CSeq is a number of up to 32 bits, and never comes back as raw bytes',
    expected: '200 to 4294967295; 400 to a NUL and to twenty nines',
    run: async (trial) => {
      const peer = await trial.connect()
      peer.write(peer.format('OPTIONS', trial.uri, { cSeq: 4_294_967_295 }))
      await expectCSeq(peer, 4_294_967_295)
      for (const value of ['1\0X', '9'.repeat(20)]) {
        const other = await trial.connect()
        other.write(`OPTIONS ${trial.uri} RTSP/1.0\r\nCSeq: ${value}\r\n\r\n`)
        const answer = await other.answer(`400 to CSeq ${JSON.stringify(value)}`)
        requireStatus(answer, 400, `CSeq ${JSON.stringify(value)}`)
        const isRaw = answer.headers.some(([, each]) => each.includes('\0'))
        check(!isRaw, 'no NUL in the answer', 'the bytes as they were sent')
      }
      return undefined
    },
  },
  {
    id: 'A-MSG-7',
    level: 'must',
    reference: 'RFC 2326 9.2',
    requirement: 'over a stream, requests with equal or smaller CSeq are answered as they come',
    expected: 'CSeq 5, 5, 3',
    run: async (trial) => {
      const peer = await trial.connect()
      for (const cSeq of [5, 5, 3]) {
        peer.write(peer.format('OPTIONS', trial.uri, { cSeq }))
        await expectCSeq(peer, cSeq)
      }
      return undefined
    },
  },
  {
    id: 'A-MSG-8',
    level: 'must',
    reference: 'RFC 2326 4.4',
    requirement: 'Content-Length says how long the body is, whatever the method',
    expected: '200 to OPTIONS with a body, and to the next request',
    run: async (trial) => {
      const peer = await trial.connect()
      const first = peer.format('OPTIONS', trial.uri, { body: 'hello' })
      peer.write(first + peer.format('OPTIONS', trial.uri))
      for (const what of ['OPTIONS with a body', 'OPTIONS behind it']) {
        requireStatus(await peer.answer(`200 to ${what}`), 200, what)
      }
      return undefined
    },
  },
  {
    id: 'A-MSG-8b',
    level: 'house',
    reference: 'own decision',
    requirement: 'Transfer-Encoding is refused: RTSP has no chunked bodies',
    expected: '400, or closed',
    run: (trial) => refused(trial, ['Transfer-Encoding: chunked']),
  },
  {
    id: 'A-MSG-9',
    level: 'house',
    reference: 'own decision',
    requirement: 'a length that can be read in two ways is refused, and nothing behind it is read',
    expected: '400, or closed',
    run: async (trial) => {
      for (const value of ['-1', '+5', '0x5', '5, 5']) {
        await refused(trial, [`Content-Length: ${value}`])
      }
      return refused(trial, ['Content-Length: 5', 'Content-Length: 6'])
    },
  },
  {
    id: 'A-MSG-10',
    level: 'must',
    reference: 'RFC 2326 4.2, RFC 2068 4.2; GStreamer 1.22',
    requirement: 'headers that come twice, and those of RealMedia, do not disturb',
    expected: '200',
    run: async (trial) => {
      const peer = await trial.connect()
      const lines = [
        ...['User-Agent: one', 'User-Agent: two', 'PlayerStarttime: [28/03/2003:22:50:23 00:00]'],
        ...[
          'ClientChallenge: 9e26d33f2984236010ef6253fb1887f7',
          'CompanyID: KnKV4M4I/B2FjJ1TToLycw==',
        ],
        ...['GUID: 00000000-0000-0000-0000-000000000000', 'RegionData: 0', 'ClientID: Linux_2.4'],
      ]
      await taken(peer, optionsText(trial.uri, ...lines), 'OPTIONS with many headers')
      return undefined
    },
  },
  {
    id: 'A-MSG-11',
    level: 'must',
    reference: 'RFC 2326 4, RFC 2068 7.1',
    requirement: 'unknown headers are ignored',
    expected: '200',
    run: async (trial) => {
      const peer = await trial.connect()
      await taken(peer, optionsText(trial.uri, 'X-Foo: bar', 'Zebra: ": ;,'), 'unknown headers')
      return undefined
    },
  },
  {
    id: 'A-MSG-12',
    level: 'must',
    reference: 'RFC 2326 12.38',
    requirement: 'Timestamp comes back as it was, with or without a delay behind it',
    expected: 'Timestamp: 1234.5',
    run: async (trial) => {
      const peer = await trial.connect()
      const headers = { Timestamp: '1234.5' }
      const answer = await peer.expect(200, 'OPTIONS', trial.uri, { headers })
      const got = answer.header('Timestamp')
      check(/^1234\.5(\s+\d*\.?\d*)?$/.test(got ?? ''), 'Timestamp: 1234.5', got ?? 'no Timestamp')
      return undefined
    },
  },
]

/**
 * Sends OPTIONS with these further header lines, which the server must refuse.
 *
 * @throws {Mismatch} If the server neither refuses the request nor closes the connection.
 */
async function refused(trial: Trial, lines: readonly string[]): Promise<undefined> {
  const peer = await trial.connect()
  peer.write(optionsText(trial.uri, ...lines))
  const what = lines.join(' and ')
  try {
    const answer = await peer.answer(`400 to ${what}`, 1000)
    check(isRefusal(answer.status), `400 to ${what}`, answer.toString())
  } catch (error) {
    if (error instanceof Mismatch && peer.isClosed) return undefined
    throw error
  }
  return undefined
}
