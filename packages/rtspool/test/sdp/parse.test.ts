import { describe, expect, test } from 'vitest'
import { quoteReceived, RequestError } from '../../src/errors.js'
import { parseSdp, sdpLimits, serializeSdp } from '../../src/sdp/index.js'
import { byteContainers, notBytes } from '../support/byte-containers.js'
import { sdpSamples } from './samples.js'

function errorOf(text: string | Buffer): RequestError {
  try {
    parseSdp(text)
  } catch (error) {
    if (error instanceof RequestError) return error
    throw error
  }
  throw new Error('expected parseSdp to throw')
}

describe('a parsed description is written back unchanged', () => {
  test.each(sdpSamples)('$name', ({ text }) => {
    expect(serializeSdp(parseSdp(text))).toBe(text)
    expect(serializeSdp(parseSdp(Buffer.from(text)))).toBe(text)
  })

  test.each(sdpSamples)('$name, with LF alone and blank lines', ({ text }) => {
    const unix = `\n${text.replaceAll('\r\n', '\n')}\n\r\n\n`
    expect(serializeSdp(parseSdp(unix))).toBe(text)
  })

  test.each(sdpSamples)('$name, without the last line end', ({ text }) => {
    expect(serializeSdp(parseSdp(text.trimEnd()))).toBe(text.replace(/ +\r\n$/, '\r\n'))
  })
})

describe('omissions and mistakes of real publishers', () => {
  test.each([
    { name: 'no s=, no o=, no t=', text: 'v=0\r\nm=video 0 RTP/AVP 96\r\n', media: 1 },
    { name: 'no media', text: 'v=0\ns=-\n', media: 0 },
    { name: 'nothing but v=', text: 'v=0', media: 0 },
    { name: 'a space after v=0', text: 'v=0 \r\nt=0 0\r\n', media: 0 },
    { name: 'm= without formats', text: 'v=0\nm=application 9 DTLS/SCTP\n', media: 1 },
    { name: 'a tab in a value', text: 'v=0\ns=a\tb\n', media: 0 },
  ])('$name is read', ({ text, media }) => {
    expect(parseSdp(text).media).toHaveLength(media)
  })

  test('bytes that are not UTF-8 are read as Latin-1', () => {
    const latin1 = Buffer.from('v=0\r\ns=Caf\xe9\r\n', 'latin1')
    expect(parseSdp(latin1).session.value('s')).toBe('Café')
    expect(parseSdp(Buffer.from('v=0\r\ns=Café ☕\r\n')).session.value('s')).toBe('Café ☕')
  })
})

describe('a broken description is refused with the line, the expected and the received text', {
  tags: 'A-REC-2',
}, () => {
  test.each([
    { name: 'nothing', text: '', line: 1, expected: 'v=0', got: '' },
    { name: 'only blank lines', text: '\r\n\n', line: 1, expected: 'v=0', got: '' },
    { name: 'no v=', text: '\ns=x\nt=0 0\n', line: 1, expected: 'v=0', got: '' },
    { name: 'media above v=', text: 'm=a 0 b\nv=0\n', line: 1, expected: 'v=0', got: 'm=a 0 b' },
    { name: 'another version', text: 'v=1\n', line: 1, expected: 'v=0', got: 'v=1' },
    {
      name: 'NUL',
      text: 'v=0\ns=a\0b\n',
      line: 2,
      expected: 'no control characters',
      got: '\0b',
    },
    {
      name: 'ESC behind what nobody needs',
      text: 'v=0\nx=\x1b[2J\n',
      line: 2,
      expected: 'no control characters',
      got: '\x1b[2J',
    },
    { name: 'DEL', text: 'v=0\ns=\x7f', line: 2, expected: 'no control characters', got: '\x7f' },
    ...['video', 'video 0', ''].map((value) => ({
      name: `m=${value}`,
      text: `v=0\nt=0 0\nm=${value}\n`,
      line: 3,
      expected: 'm=<media> <port> <protocol> <formats>',
      got: `m=${value}`,
    })),
  ])('$name', ({ text, line, expected, got }) => {
    const error = errorOf(text)
    expect(error.code).toBe('ERR_SDP')
    expect(error.statusCode).toBe(400)
    expect(error.context).toEqual({ line, expected, got })
    expect(error.message).toBe(`SDP line ${line}: expected ${expected}, got ${quoteReceived(got)}`)
    expect(error.message).not.toMatch(/\p{Cc}/u)
  })

  test('an error repeats only the beginning of a long line', () => {
    expect(errorOf(`v=0\nm=${'x'.repeat(10_000)}`).message.length).toBeLessThan(140)
  })
})

describe('limits', () => {
  const head = 'v=0\n'
  test('64 KiB', () => {
    const filler = sdpLimits.sizeBytes - head.length - 's='.length
    expect(parseSdp(`${head}s=${'x'.repeat(filler)}`).session.lines).toHaveLength(2)
    expect(errorOf(`${head}s=${'x'.repeat(filler + 1)}`).context).toMatchObject({ line: 1 })
    expect(errorOf(`${head}s=${'é'.repeat(filler / 2 + 1)}`).context).toMatchObject({ line: 1 })
  })

  test('512 lines', () => {
    expect(parseSdp(head + 'a=\n'.repeat(sdpLimits.lines - 1)).session.lines).toHaveLength(512)
    expect(errorOf(head + 'a=\n'.repeat(sdpLimits.lines)).context).toMatchObject({
      expected: 'at most 512 lines',
    })
  })

  test('64 media', () => {
    const media = 'm=video 0 RTP/AVP 96\n'
    expect(parseSdp(head + media.repeat(sdpLimits.media)).media).toHaveLength(64)
    expect(errorOf(head + media.repeat(sdpLimits.media + 1)).context).toMatchObject({
      line: 66,
      expected: 'at most 64 media',
    })
  })
})

describe('a description as bytes', { tags: 'U-1' }, () => {
  const text = 'v=0\r\ns=caf\u00e9\r\nm=video 0 RTP/AVP 96\r\n'

  test.each(byteContainers)('is read from %s', (_name, of) => {
    for (const encoding of ['utf8', 'latin1'] as const) {
      expect(serializeSdp(parseSdp(of(Buffer.from(text, encoding))))).toBe(text)
    }
  })

  test.each(notBytes.filter(([, value]) => typeof value !== 'string'))(
    'is not read from %s',
    (_name, value) => {
      expect(() => parseSdp(value as string)).toThrow(
        'a description must be a string or a Uint8Array, got ',
      )
    },
  )
})
