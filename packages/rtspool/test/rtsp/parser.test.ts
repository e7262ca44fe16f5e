import { afterEach, describe, expect, it, vi } from 'vitest'
import { MalformedMessageError, RtspError } from '../../src/errors.js'
import { RtspParser } from '../../src/rtsp/parser.js'
import { tagged } from '../support/tagged-cases.js'
import {
  bytewise,
  cut,
  describeEvent,
  type ParserEvent,
  record,
  recordingSink,
  summary,
} from './record.js'
import { frame, transcripts } from './transcripts.js'

afterEach(() => {
  vi.restoreAllMocks()
})

for (const { name, wire, events, error, ...each } of transcripts) {
  describe(name, tagged(each), () => {
    const expected = { events, error }

    it('gives the expected events from one chunk', () => {
      expect(summary(record([wire]))).toEqual(expected)
    })

    it('gives the same result byte by byte', { tags: ['A-MSG-19', 'A-ILV-6'] }, () => {
      expect(summary(record(bytewise(wire)))).toEqual(expected)
    })
  })
}

/** Pushes and returns the expected error. */
function pushMalformed(wire: string | Buffer, parser = new RtspParser(recordingSink([]))) {
  try {
    parser.push(Buffer.from(wire))
  } catch (error) {
    if (error instanceof MalformedMessageError) return error
    throw error
  }
  throw new Error('no error came')
}

describe('limits of B-BIG', () => {
  const longLine = `X: ${'a'.repeat(8192 - 3)}`

  it.each(['\r\n', '\n'])(
    'a line of 8192 bytes that ends with %j is accepted',
    { tags: 'B-BIG' },
    (end) => {
      const wire = Buffer.from(`OPTIONS * RTSP/1.0${end}${longLine}${end}${end}`)
      for (const chunks of [[wire], bytewise(wire)]) {
        const { events, error } = record(chunks)
        expect(error).toBeUndefined()
        expect(events).toHaveLength(1)
      }
    },
  )

  it('a line above the limit is refused at the byte that exceeds it', { tags: 'B-BIG' }, () => {
    const parser = new RtspParser(recordingSink([]))
    parser.push(Buffer.from(`OPTIONS * RTSP/1.0\r\n${longLine}`))
    expect(() => parser.push(Buffer.from('b'))).toThrow(RtspError)
  })

  it('64 KiB of headers are refused before they are kept', { tags: 'B-BIG' }, () => {
    const line = `X: ${'a'.repeat(8000)}\r\n`
    const wire = `OPTIONS * RTSP/1.0\r\n${line.repeat(9)}`
    expect(pushMalformed(wire).code).toBe('ERR_RTSP_TOO_MANY_HEADERS')
    expect(record(bytewise(Buffer.from(wire))).error).toBe('ERR_RTSP_TOO_MANY_HEADERS')
  })

  it('255 headers and a body of 131072 bytes are accepted', { tags: 'B-BIG' }, () => {
    const head = `OPTIONS * RTSP/1.0\r\n${'X: y\r\n'.repeat(254)}Content-Length: 131072\r\n\r\n`
    const wire = Buffer.concat([Buffer.from(head), Buffer.alloc(131072, 'b')])
    for (const chunks of [[wire], cut(wire, [9, 3000, 70000]), bytewise(wire)]) {
      const [event] = record(chunks).events
      expect(event?.kind === 'request' && event.headers.size).toBe(255)
      expect(event?.kind === 'request' && event.body.equals(Buffer.alloc(131072, 'b'))).toBe(true)
    }
  })

  it('a body that is too large gets 413, a URI that is too long 414, everything else 400', {
    tags: 'B-BIG',
  }, () => {
    const head = 'OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nContent-Length'
    expect(pushMalformed(`${head}: 131073\r\n\r\n`)).toMatchObject({
      statusCode: 413,
      context: { cSeq: 7, offset: 53, production: 'Content-Length' },
    })
    expect(pushMalformed(`${head}: x\r\n\r\n`)).toMatchObject({ statusCode: 400 })
    expect(pushMalformed(`PLAY ${'a'.repeat(9999)}`)).toMatchObject({ statusCode: 414 })
  })

  it('the byte that exceeds the line may be the one that exceeds the URI', {
    tags: 'B-BIG',
  }, () => {
    const limits = { maxLineBytes: 20, maxUriBytes: 15 }
    const wire = Buffer.from(`PLAY ${'a'.repeat(16)}`)
    for (const chunks of [[wire], bytewise(wire), [wire, wire]]) {
      expect(record(chunks, limits).error).toBe('ERR_RTSP_URI_TOO_LONG')
    }
    const enough = { ...limits, maxUriBytes: 16 }
    expect(record([wire, wire], enough).error).toBe('ERR_RTSP_LINE_TOO_LONG')
  })

  it('limits are options, and an undefined one has its default', () => {
    const limits = { maxLineBytes: 20, maxHeaders: undefined } as object
    const wire = Buffer.from('OPTIONS * RTSP/1.0\r\nUser-Agent: very long indeed\r\n\r\n')
    expect(record([wire], limits).error).toBe('ERR_RTSP_LINE_TOO_LONG')
    expect(() => new RtspParser(recordingSink([]), { maxHeaders: -1 })).toThrow(RangeError)
  })
})

describe('memory', () => {
  /** Records the sizes of the buffers that are allocated from here on. */
  function watchAllocations(): number[] {
    const sizes: number[] = []
    const { allocUnsafe } = Buffer
    vi.spyOn(Buffer, 'allocUnsafe').mockImplementation((size) => {
      sizes.push(size)
      return allocUnsafe(size)
    })
    return sizes
  }
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)

  it('a frame within one chunk is a view of the chunk', () => {
    const wire = Buffer.concat([frame(0, 100), frame(1, 0), frame(2, 1400)])
    const sizes = watchAllocations()
    const { events } = record([wire])
    const payloads = events.map((event) => event.kind === 'frame' && event.payload)
    expect(payloads.map((payload) => payload && payload.buffer === wire.buffer)).toEqual([
      true,
      true,
      true,
    ])
    expect(sizes).toEqual([])
  })

  it('a frame of 65535 bytes that arrives byte by byte is assembled once', {
    tags: 'A-ILV-4',
  }, () => {
    const wire = frame(5, 65535)
    const sizes = watchAllocations()
    const { events } = record(bytewise(wire))
    expect(events.map(describeEvent)).toEqual([`frame 5 ${'80'.repeat(65535)}`])
    expect(sizes).toEqual([65535])
  })

  it('a body and a line byte by byte need memory in proportion to the received bytes', {
    tags: 'B-BIG',
  }, () => {
    const body = 100_000
    const line = 8000
    const head = `A * RTSP/1.0\r\nX: ${'x'.repeat(line)}\r\nContent-Length: ${body}\r\n\r\n`
    const wire = Buffer.concat([Buffer.from(head), Buffer.alloc(body)])
    const sizes = watchAllocations()
    expect(record(bytewise(wire)).events).toHaveLength(1)
    // Doubling allocates at most 4 times the kept bytes; the rest is one buffer for each short
    // line.
    expect(sum(sizes)).toBeLessThan(4 * (body + line) + 4 * 256)
  })

  it('an announced body that does not arrive needs no memory', { tags: 'B-BIG' }, () => {
    const sizes = watchAllocations()
    const parser = new RtspParser(recordingSink([]))
    parser.push(Buffer.from('A * RTSP/1.0\r\nContent-Length: 131072\r\n\r\nb'))
    expect(sum(sizes)).toBeLessThan(1024)
  })

  it('a body does not share memory with the chunk', () => {
    const wire = Buffer.from('A * RTSP/1.0\r\nContent-Length: 5\r\n\r\nhello')
    const [event] = record([wire]).events
    wire.fill(0)
    expect(event?.kind === 'request' && event.body.toString()).toBe('hello')
  })
})

describe('life of a parser', () => {
  const good = Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n')

  it('stays failed: every later push throws the same error', () => {
    const events: ParserEvent[] = []
    const parser = new RtspParser(recordingSink(events))
    const error = pushMalformed('GET / HTTP/1.1\r\n', parser)
    expect(pushMalformed(good, parser)).toBe(error)
    expect(events).toEqual([])
  })

  it('delivers nothing after close, not even from the current chunk', () => {
    const wires = [
      Buffer.concat([good, good]),
      Buffer.concat([frame(0, 1), frame(0, 1), good]),
      Buffer.concat([good, frame(0, 1)]),
    ]
    for (const wire of wires) {
      let calls = 0
      const closing = (): void => {
        calls++
        parser.close()
      }
      const parser = new RtspParser({ request: closing, response: closing, interleaved: closing })
      parser.push(wire)
      parser.push(good)
      expect(calls).toBe(1)
    }
  })

  it('close inside of a frame that straddles chunks stays closed', () => {
    const parser = new RtspParser({
      request: () => expect.unreachable(),
      response: () => expect.unreachable(),
      interleaved: () => parser.close(),
    })
    for (const chunk of cut(Buffer.concat([frame(0, 10), good]), [7])) parser.push(chunk)
    expect(parser.isBetweenMessages).toBe(false)
  })

  it('refuses push from inside the sink, and is closed by a sink that throws', () => {
    let calls = 0
    const parser = new RtspParser({
      ...recordingSink([]),
      request: () => {
        calls++
        parser.push(good)
      },
    })
    expect(() => parser.push(good)).toThrow(TypeError)
    parser.push(good)
    expect(calls).toBe(1)
  })

  it('reports whether it is between messages, and where the current one began', () => {
    const parser = new RtspParser(recordingSink([]))
    expect(parser.isBetweenMessages).toBe(true)
    const states: [boolean, number][] = []
    for (const piece of [
      '\r\n',
      'A * RTSP/1.0\r\n',
      'X: y',
      '\r\n\r\n',
      '$',
      '\0\0\x01',
      'x\n\nB',
    ]) {
      parser.push(Buffer.from(piece, 'latin1'))
      states.push([parser.isBetweenMessages, parser.messageOffset])
    }
    const first = 2
    const second = first + 'A * RTSP/1.0\r\nX: y\r\n\r\n'.length
    expect(states.slice(1)).toEqual([
      [false, first],
      [false, first],
      [true, first],
      [false, second],
      [false, second],
      [false, second + '$\0\0\x01x\n\n'.length],
    ])
  })
})

describe('messages of errors', () => {
  it('contain the position, the expected and the received text, escaped and cut', () => {
    const error = pushMalformed(`\n\nFOO${'\u{1b}[31m'} * RTSP/1.0\r\n`)
    expect(error.message).toBe('start-line: expected no control character in a line, got "\\x1b"')
    expect(error.context).toEqual({ offset: 5, production: 'start-line' })
    const long = pushMalformed(`${'A'.repeat(100)}\n`)
    expect(long.message).toContain(`got "${'A'.repeat(64)}"...`)
  })

  it('quote no NUL', { tags: 'A-MSG-6' }, () => {
    expect(pushMalformed('OPTIONS * RTSP/1.0\r\nCSeq: 1\0\r\n').message).not.toContain('\0')
  })

  it('show neither values of headers nor passwords in URIs', () => {
    const inHeader = 'OPTIONS * RTSP/1.0\r\nAuthorization : Basic c2VjcmV0\r\n'
    expect(pushMalformed(inHeader).message).not.toContain('c2VjcmV0')
    const inUri = 'OPTIONS rtsp://user:secret@host/cam HTTP/1.0\r\n'
    expect(pushMalformed(inUri).message).not.toContain('secret')
  })

  it('contain the CSeq of the broken message, never that of the previous one', () => {
    const parser = new RtspParser(recordingSink([]))
    parser.push(Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'))
    expect(pushMalformed('OPTIONS * RTSP/1.0\r\nbad\r\n', parser).context).not.toHaveProperty(
      'cSeq',
    )
  })
})
