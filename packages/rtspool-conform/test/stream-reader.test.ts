import { describe, expect, it } from 'vitest'
import type { Answer } from '../src/answer.js'
import { StreamReader } from '../src/stream-reader.js'

interface Seen {
  readonly answers: Answer[]
  readonly requests: (string | undefined)[][]
  readonly frames: [channel: number, text: string][]
  readonly garbage: string[]
}

function read(chunks: readonly Buffer[]): Seen {
  const seen: Seen = { answers: [], requests: [], frames: [], garbage: [] }
  const reader = new StreamReader({
    answer: (answer) => void seen.answers.push(answer),
    request: (startLine, cSeq) => void seen.requests.push([startLine, cSeq]),
    frame: (channel, payload) => void seen.frames.push([channel, payload.toString()]),
    garbage: (what) => void seen.garbage.push(what),
  })
  for (const chunk of chunks) reader.push(chunk)
  return seen
}

const stream = Buffer.concat([
  Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nbody'),
  Buffer.of(0x24, 3, 0, 2),
  Buffer.from('hi'),
  Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n'),
  Buffer.of(0x24, 0, 0, 0),
  Buffer.from('RTSP/1.0 454 Session Not Found\r\ncseq: 2\r\n\r\n'),
])

function summaryOf({ answers, ...rest }: Seen) {
  return { answers: answers.map((each) => `${each} ${each.header('CSeq')} ${each.body}`), ...rest }
}

const expected = {
  answers: ['200 OK 1 body', '454 Session Not Found 2 '],
  requests: [['OPTIONS * RTSP/1.0', '7']],
  frames: [
    [3, 'hi'],
    [0, ''],
  ],
  garbage: [],
}

describe('the reader of a server stream', () => {
  it('reads answers, requests and frames, cut anywhere', () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const seen = read([stream.subarray(0, at), stream.subarray(at)])
      expect(summaryOf(seen)).toEqual(expected)
    }
  })

  it('reads them byte by byte', () => {
    const bytes = [...stream].map((byte) => Buffer.of(byte))
    expect(summaryOf(read(bytes))).toEqual(expected)
  })

  it('counts the frames in front of each answer', () => {
    expect(read([stream]).answers.map((answer) => answer.framesBefore)).toEqual([0, 2])
  })

  it.each([
    ['bytes that begin no message', '\x16\x03\x01'],
    ['a start line of another protocol', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['a header line without a colon', 'RTSP/1.0 200 OK\r\nCSeq 1\r\n\r\n'],
    ['a length that is no number', 'RTSP/1.0 200 OK\r\nContent-Length: x\r\n\r\n'],
    ['a length without bounds', 'RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n'],
    ['a head without an end', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(70_000)}`],
  ])('treats %s as garbage and stops parsing', (_name, text) => {
    const seen = read([Buffer.from(text, 'latin1'), Buffer.from('RTSP/1.0 200 OK\r\n\r\n')])
    expect(seen.garbage).toHaveLength(1)
    expect(seen.answers).toEqual([])
  })
})
