import type { RtspErrorCode } from '../../src/errors.js'
import type { Tags } from '../support/tagged-cases.js'

/** One direction of a conversation as bytes, and the expected result of parsing. */
export interface Transcript {
  readonly name: string
  readonly tags?: Tags
  readonly wire: Buffer
  /** Events in the form of `describeEvent` in ./record.ts. */
  readonly events: readonly string[]
  /** Error that ends the stream; `undefined` if all of it is valid. */
  readonly error?: RtspErrorCode
}

const base = 'rtsp://127.0.0.1:8554/cam'

/** Joins lines with CRLF and adds the empty line at the end. */
const message = (...lines: string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)

/** Builds a frame: `$`, channel, length, payload. */
export function frame(channel: number, payload: Buffer | number): Buffer {
  const bytes = typeof payload === 'number' ? Buffer.alloc(payload, 0x80) : payload
  const header = Buffer.from([0x24, channel, bytes.length >> 8, bytes.length & 0xff])
  return Buffer.concat([header, bytes])
}

const text = (...pieces: string[]): Buffer => Buffer.from(pieces.join(''))
const join = (...pieces: Buffer[]): Buffer => Buffer.concat(pieces)

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=cam\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n'

/** An RTCP receiver report with no report blocks: V=2, PT=201, length 1 word, SSRC. */
const receiverReport = Buffer.from([0x80, 0xc9, 0x00, 0x01, 0x12, 0x34, 0x56, 0x78])

const goodTranscripts: readonly Transcript[] = [
  {
    name: 'OPTIONS of FFmpeg',
    tags: 'A-MSG-1',
    wire: message(`OPTIONS ${base} RTSP/1.0`, 'CSeq: 1', 'User-Agent: Lavf59.27.100'),
    events: [`OPTIONS ${base} 1.0 #1 headers=2 body=0`],
  },
  {
    name: 'a method is delivered as spelled',
    tags: 'A-MSG-1',
    wire: message(`options ${base} RTSP/1.0`, 'CSeq: 1'),
    events: [`options ${base} 1.0 #1 headers=1 body=0`],
  },
  {
    name: 'header names in lower case and no space around the value',
    tags: 'A-MSG-3',
    wire: message(`OPTIONS ${base} RTSP/1.0`, 'cseq:7', 'x-empty:', 'x-tab:\t a\tb \t'),
    events: [`OPTIONS ${base} 1.0 #7 headers=3 body=0`],
  },
  {
    name: 'lines end with LF alone',
    tags: 'A-MSG-4',
    wire: text('OPTIONS * RTSP/1.0\nCSeq: 1\n\nOPTIONS * RTSP/1.0\nCSeq: 2\n\n'),
    events: ['OPTIONS * 1.0 #1 headers=1 body=0', 'OPTIONS * 1.0 #2 headers=1 body=0'],
  },
  {
    name: 'CRLF and LF in one message',
    tags: 'A-MSG-4',
    wire: text('OPTIONS * RTSP/1.0\r\nCSeq: 1\nX: y\r\n\nOPTIONS * RTSP/1.0\nCSeq: 2\r\n\r\n'),
    events: ['OPTIONS * 1.0 #1 headers=2 body=0', 'OPTIONS * 1.0 #2 headers=1 body=0'],
  },
  {
    name: 'a body of the announced length, then the next request',
    tags: 'A-MSG-8',
    wire: join(
      message('OPTIONS * RTSP/1.0', 'CSeq: 1', 'Content-Length: 5'),
      text('hello'),
      message('OPTIONS * RTSP/1.0', 'CSeq: 2'),
    ),
    events: ['OPTIONS * 1.0 #1 headers=2 body=5', 'OPTIONS * 1.0 #2 headers=1 body=0'],
  },
  {
    name: 'an announced empty body',
    tags: 'A-MSG-8',
    wire: message('GET_PARAMETER * RTSP/1.0', 'CSeq: 1', 'Content-Length: 000'),
    events: ['GET_PARAMETER * 1.0 #1 headers=2 body=0'],
  },
  {
    name: 'Content-Length repeated with one value',
    tags: 'A-MSG-9',
    wire: join(
      message('OPTIONS * RTSP/1.0', 'CSeq: 1', 'Content-Length: 5', 'content-length: 05'),
      text('hello'),
    ),
    events: ['OPTIONS * 1.0 #1 headers=3 body=5'],
  },
  {
    name: 'OPTIONS of GStreamer with two User-Agent headers and those of RealMedia',
    tags: 'A-MSG-10',
    wire: message(
      `OPTIONS ${base} RTSP/1.0`,
      'CSeq: 1',
      'User-Agent: GStreamer/1.22.0',
      'ClientChallenge: 9e26d33f2984236010ef6253fb1887f7',
      'PlayerStarttime: [28/03/2003:22:50:23 00:00]',
      'CompanyID: KnKV4M4I/B2FjJ1TToLycw==',
      'GUID: 00000000-0000-0000-0000-000000000000',
      'RegionData: 0',
      'User-Agent: GStreamer/1.22.0',
    ),
    events: [`OPTIONS ${base} 1.0 #1 headers=8 body=0`],
  },
  {
    name: 'every version is delivered',
    tags: 'A-MSG-15',
    wire: join(
      message('OPTIONS * RTSP/2.0', 'CSeq: 1'),
      message('OPTIONS * RTSP/3.11', 'CSeq: 2'),
      message('RTSP/2.0 505 RTSP Version Not Supported', 'CSeq: 3'),
    ),
    events: [
      'OPTIONS * 2.0 #1 headers=1 body=0',
      'OPTIONS * 3.11 #2 headers=1 body=0',
      '2.0 505 "RTSP Version Not Supported" #3 headers=1 body=0',
    ],
  },
  {
    name: 'three requests in one segment',
    tags: 'A-MSG-18',
    wire: join(
      message(`OPTIONS ${base} RTSP/1.0`, 'CSeq: 1'),
      message(`DESCRIBE ${base} RTSP/1.0`, 'CSeq: 2', 'Accept: application/sdp'),
      message(`OPTIONS ${base} RTSP/1.0`, 'CSeq: 3'),
    ),
    events: [
      `OPTIONS ${base} 1.0 #1 headers=1 body=0`,
      `DESCRIBE ${base} 1.0 #2 headers=2 body=0`,
      `OPTIONS ${base} 1.0 #3 headers=1 body=0`,
    ],
  },
  {
    name: 'responses to requests of the server, one from FFmpeg without CSeq',
    tags: 'A-MSG-24',
    wire: join(
      message('RTSP/1.0 200 OK', 'CSeq: 99'),
      message('RTSP/1.0 501 Not Implemented'),
      message('OPTIONS * RTSP/1.0', 'CSeq: 1'),
    ),
    events: [
      '1.0 200 "OK" #99 headers=1 body=0',
      '1.0 501 "Not Implemented" #- headers=0 body=0',
      'OPTIONS * 1.0 #1 headers=1 body=0',
    ],
  },
  {
    name: 'a status line without reason, with and without the space',
    wire: join(message('RTSP/1.0 200', 'CSeq: 1'), message('RTSP/1.0 200 ', 'CSeq: 2')),
    events: ['1.0 200 "" #1 headers=1 body=0', '1.0 200 "" #2 headers=1 body=0'],
  },
  {
    name: 'empty lines before, between and after messages',
    wire: join(
      text('\r\n\n\r\n'),
      message('OPTIONS * RTSP/1.0', 'CSeq: 1'),
      text('\n\n'),
      frame(0, 4),
      text('\r\n'),
      message('OPTIONS * RTSP/1.0', 'CSeq: 2'),
      text('\r\n\r\n'),
    ),
    events: [
      'OPTIONS * 1.0 #1 headers=1 body=0',
      'frame 0 80808080',
      'OPTIONS * 1.0 #2 headers=1 body=0',
    ],
  },
  {
    name: 'a whole viewer over interleaved TCP',
    wire: join(
      message(`DESCRIBE ${base} RTSP/1.0`, 'CSeq: 2', 'Accept: application/sdp'),
      message(
        `SETUP ${base}/trackID=0 RTSP/1.0`,
        'Transport: RTP/AVP/TCP;unicast;interleaved=0-1',
        'CSeq: 3',
      ),
      message(`PLAY ${base}/ RTSP/1.0`, 'CSeq: 4', 'Session: abcdefgh', 'Range: npt=0.000-'),
      frame(1, receiverReport),
      message(`GET_PARAMETER ${base}/ RTSP/1.0`, 'CSeq: 5', 'Session: abcdefgh'),
      frame(1, receiverReport),
      frame(1, receiverReport),
      message(`TEARDOWN ${base}/ RTSP/1.0`, 'CSeq: 6', 'Session: abcdefgh'),
    ),
    events: [
      `DESCRIBE ${base} 1.0 #2 headers=2 body=0`,
      `SETUP ${base}/trackID=0 1.0 #3 headers=2 body=0`,
      `PLAY ${base}/ 1.0 #4 headers=3 body=0`,
      'frame 1 80c9000112345678',
      `GET_PARAMETER ${base}/ 1.0 #5 headers=2 body=0`,
      'frame 1 80c9000112345678',
      'frame 1 80c9000112345678',
      `TEARDOWN ${base}/ 1.0 #6 headers=2 body=0`,
    ],
  },
  {
    name: 'the responses of a server with an SDP and media between them',
    wire: join(
      text(
        'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\n',
        `Content-Base: ${base}/\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`,
      ),
      message('RTSP/1.0 200 OK', 'CSeq: 4', 'Session: abcdefgh', `RTP-Info: url=${base};seq=1`),
      frame(0, 12),
      frame(2, 3),
      message('RTSP/1.0 200 OK', 'CSeq: 5', 'Session: abcdefgh;timeout=60'),
    ),
    events: [
      `1.0 200 "OK" #2 headers=4 body=${sdp.length}`,
      '1.0 200 "OK" #4 headers=3 body=0',
      'frame 0 808080808080808080808080',
      'frame 2 808080',
      '1.0 200 "OK" #5 headers=2 body=0',
    ],
  },
  {
    name: 'a publisher with a body, then media',
    wire: join(
      text(
        'ANNOUNCE rtsp://127.0.0.1:8554/pub?a=b RTSP/1.0\r\nContent-Type: application/sdp\r\n',
        `CSeq: 2\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`,
      ),
      message('RECORD rtsp://127.0.0.1:8554/pub?a=b RTSP/1.0', 'CSeq: 3'),
      frame(0, 5),
    ),
    events: [
      `ANNOUNCE rtsp://127.0.0.1:8554/pub?a=b 1.0 #2 headers=3 body=${sdp.length}`,
      'RECORD rtsp://127.0.0.1:8554/pub?a=b 1.0 #3 headers=1 body=0',
      'frame 0 8080808080',
    ],
  },
  {
    name: 'a frame before the first message',
    tags: 'A-ILV-2',
    wire: join(frame(1, receiverReport), message('OPTIONS * RTSP/1.0', 'CSeq: 1')),
    events: ['frame 1 80c9000112345678', 'OPTIONS * 1.0 #1 headers=1 body=0'],
  },
  {
    name: 'a frame on an unknown channel',
    tags: 'A-ILV-3',
    wire: join(frame(9, text('xxxx')), message('OPTIONS * RTSP/1.0', 'CSeq: 1')),
    events: ['frame 9 78787878', 'OPTIONS * 1.0 #1 headers=1 body=0'],
  },
  {
    name: 'frames of length zero, also on the highest channel',
    tags: 'A-ILV-4',
    wire: join(frame(0, 0), frame(255, 0), frame(1, 1), frame(0, 0)),
    events: ['frame 0 ', 'frame 255 ', 'frame 1 80', 'frame 0 '],
  },
  {
    name: 'a payload that looks like a request, and one that looks like frames',
    tags: 'B-ILV',
    wire: join(
      frame(0, message('TEARDOWN * RTSP/1.0', 'CSeq: 9')),
      frame(0, frame(0, frame(0, 0))),
    ),
    events: [
      `frame 0 ${message('TEARDOWN * RTSP/1.0', 'CSeq: 9').toString('hex')}`,
      'frame 0 2400000424000000',
    ],
  },
  {
    name: 'a body that looks like a request and a frame',
    tags: 'B-SMUG',
    wire: join(
      message('SET_PARAMETER * RTSP/1.0', 'CSeq: 1', 'Content-Length: 29'),
      text('PLAY * RTSP/1.0\r\nCSeq: 2\r\n\r\n$'),
      message('OPTIONS * RTSP/1.0', 'CSeq: 3'),
    ),
    events: ['SET_PARAMETER * 1.0 #1 headers=2 body=29', 'OPTIONS * 1.0 #3 headers=1 body=0'],
  },
  {
    name: 'headers in UTF-8',
    wire: message('OPTIONS rtsp://h/küche RTSP/1.0', 'CSeq: 1', 'X: 猫'),
    events: ['OPTIONS rtsp://h/küche 1.0 #1 headers=2 body=0'],
  },
  {
    name: 'the stream ends inside of a header, which is no error yet',
    wire: join(frame(0, 2), text('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-')),
    events: ['frame 0 8080'],
  },
  {
    name: 'the stream ends inside of a frame',
    wire: join(message('OPTIONS * RTSP/1.0', 'CSeq: 1'), frame(3, 9).subarray(0, -1)),
    events: ['OPTIONS * 1.0 #1 headers=1 body=0'],
  },
]

const start = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n'
const first = 'OPTIONS * 1.0 #1 headers=1 body=0'
const good = message('OPTIONS * RTSP/1.0', 'CSeq: 1')

const malformed = (
  name: string,
  error: RtspErrorCode,
  wire: Buffer | string,
  events: readonly string[] = [],
): Transcript => ({ name, error, wire: Buffer.from(wire), events })

const malformedTranscripts: readonly Transcript[] = [
  {
    ...malformed('NUL in CSeq', 'ERR_RTSP_HEADER_LINE', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\0X\r\n\r\n'),
    tags: 'A-MSG-6',
  },
  {
    ...malformed(
      'Transfer-Encoding',
      'ERR_RTSP_TRANSFER_ENCODING',
      `${start}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello`,
    ),
    tags: 'A-MSG-8',
  },
  {
    ...malformed(
      'two different Content-Length values',
      'ERR_RTSP_CONTENT_LENGTH',
      `${start}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
    ),
    tags: 'A-MSG-9',
  },
  ...['-1', '+5', '5,5', '5, 5', '0x5', '5 5', '', '1e9', '4294967296', '９', '5;'].map(
    (value) => ({
      ...malformed(
        `Content-Length "${value}"`,
        'ERR_RTSP_CONTENT_LENGTH',
        join(good, text(start, `Content-Length: ${value}\r\n\r\n`)),
        [first],
      ),
      tags: 'A-MSG-9',
    }),
  ),
  {
    ...malformed(
      'Content-Length 131073 is refused with its headers',
      'ERR_RTSP_BODY_TOO_LARGE',
      `${start}Content-Length: 131073\r\n\r\n`,
    ),
    tags: 'B-BIG',
  },
  {
    ...malformed('a TLS hello', 'ERR_RTSP_START_LINE', Buffer.from([0x16, 0x03, 0x01, 0x02])),
    tags: 'A-MSG-16',
  },
  {
    ...malformed('HTTP', 'ERR_RTSP_START_LINE', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    tags: 'A-MSG-16',
  },
  {
    ...malformed(
      'a browser posts a request',
      'ERR_RTSP_START_LINE',
      'POST / HTTP/1.1\r\nContent-Length: 40\r\n\r\nSETUP rtsp://h/cam RTSP/1.0\r\nCSeq: 1\r\n\r\n',
    ),
    tags: 'B-SMUG',
  },
  {
    ...malformed(
      'garbage behind a good message and a frame',
      'ERR_RTSP_START_LINE',
      join(good, frame(0, 1), Buffer.from([0xff, 0xfe])),
      [first, 'frame 0 80'],
    ),
    tags: 'A-MSG-16',
  },
  malformed('a space in front of the method', 'ERR_RTSP_START_LINE', ' OPTIONS * RTSP/1.0\r\n\r\n'),
  malformed('two spaces in the request line', 'ERR_RTSP_START_LINE', 'OPTIONS  * RTSP/1.0\r\n\r\n'),
  malformed('a space behind the version', 'ERR_RTSP_START_LINE', 'OPTIONS * RTSP/1.0 \r\n\r\n'),
  malformed('no version', 'ERR_RTSP_START_LINE', 'OPTIONS *\r\n\r\n'),
  malformed('a version without minor number', 'ERR_RTSP_START_LINE', 'OPTIONS * RTSP/1.\r\n\r\n'),
  malformed('a version that is no number', 'ERR_RTSP_START_LINE', 'OPTIONS * RTSP/1.x\r\n\r\n'),
  malformed('a method that is no token', 'ERR_RTSP_START_LINE', 'OPT(IONS * RTSP/1.0\r\n\r\n'),
  malformed('a status of two digits', 'ERR_RTSP_START_LINE', 'RTSP/1.0 20 OK\r\n\r\n'),
  malformed('a status of four digits', 'ERR_RTSP_START_LINE', 'RTSP/1.0 2000 OK\r\n\r\n'),
  malformed('a status below 100', 'ERR_RTSP_START_LINE', 'RTSP/1.0 099 OK\r\n\r\n'),
  malformed('a tab in the start line', 'ERR_RTSP_START_LINE', 'OPTIONS *\tRTSP/1.0\r\n\r\n'),
  {
    ...malformed('a folded line', 'ERR_RTSP_HEADER_LINE', `${start}X: a\r\n b\r\n\r\n`),
    tags: 'B-SMUG',
  },
  {
    ...malformed('a line folded by a tab', 'ERR_RTSP_HEADER_LINE', `${start}X: a\r\n\tb\r\n\r\n`),
    tags: 'B-SMUG',
  },
  {
    ...malformed('CR inside of a value', 'ERR_RTSP_HEADER_LINE', `${start}X: a\rY: b\r\n\r\n`),
    tags: 'B-SMUG',
  },
  {
    ...malformed('two CR in front of LF', 'ERR_RTSP_HEADER_LINE', `${start}X: a\r\r\n\r\n`),
    tags: 'B-SMUG',
  },
  { ...malformed('CR between messages', 'ERR_RTSP_START_LINE', `\r${start}\r\n`), tags: 'B-SMUG' },
  malformed('a space in front of the colon', 'ERR_RTSP_HEADER_LINE', `${start}X : a\r\n\r\n`),
  malformed('no header name', 'ERR_RTSP_HEADER_LINE', `${start}: a\r\n\r\n`),
  malformed('no colon', 'ERR_RTSP_HEADER_LINE', `${start}hello\r\n\r\n`),
  {
    ...malformed(
      'a frame between two headers',
      'ERR_RTSP_HEADER_LINE',
      join(text(start), frame(0, 4), text('\r\nX: y\r\n\r\n')),
    ),
    tags: 'B-ILV',
  },
  {
    ...malformed(
      'a line of 8193 bytes',
      'ERR_RTSP_LINE_TOO_LONG',
      `${start}X: ${'a'.repeat(8190)}`,
    ),
    tags: 'B-BIG',
  },
  {
    ...malformed(
      'a URI of 2049 bytes',
      'ERR_RTSP_URI_TOO_LONG',
      `OPTIONS rtsp://h/${'a'.repeat(2040)} RTSP/1.0\r\n\r\n`,
    ),
    tags: 'B-BIG',
  },
  {
    ...malformed('a URI of 9000 bytes', 'ERR_RTSP_URI_TOO_LONG', `PLAY rtsp://${'a'.repeat(9000)}`),
    tags: 'B-BIG',
  },
  {
    ...malformed('a start line without end', 'ERR_RTSP_LINE_TOO_LONG', 'A'.repeat(8193)),
    tags: 'B-BIG',
  },
  {
    ...malformed('a method of 65 bytes', 'ERR_RTSP_START_LINE', `${'A'.repeat(65)} * RTSP/1.0\r\n`),
    tags: 'B-BIG',
  },
  {
    ...malformed(
      '256 headers',
      'ERR_RTSP_TOO_MANY_HEADERS',
      `OPTIONS * RTSP/1.0\r\n${'X: y\r\n'.repeat(256)}\r\n`,
    ),
    tags: 'B-BIG',
  },
]

export const transcripts: readonly Transcript[] = [...goodTranscripts, ...malformedTranscripts]
