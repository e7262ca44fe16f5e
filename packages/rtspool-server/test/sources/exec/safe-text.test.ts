import { describe, expect, it } from 'vitest'
import { LineReader, safeText } from '../../../src/sources/exec/safe-text.js'

describe('text of a program', () => {
  it.each([
    ['plain \u00e9 text', 'plain \u00e9 text'],
    ['\u001b[2Jred\u0007', '\\x1b[2Jred\\x07'],
    ['a\u202eb\u2028c', 'a\\u202eb\\u2028c'],
    ['open rtsp://ann:s3cret@host/x and http://t@h', 'open rtsp://…@host/x and http://…@h'],
    ['open rtsp://ann:s3/cr@et@host/x; b@c', 'open rtsp://…@host/x; b@c'],
    ['a@b://c', 'a@b://c'],
    ['the keys are hunter2 and hunter2-long.', 'the keys are … and ….'],
    ['the key is hunter2!', 'the key is …!'],
    ['x'.repeat(600), `${'x'.repeat(499)}…`],
  ])('is safe to log: %j', (text, safe) => {
    expect(safeText(text, ['hunter2', 'abc', 'hunter2-long'])).toBe(safe)
  })

  it('is split into lines, which may end with a carriage return, and are cut if they are long', () => {
    const lines: string[] = []
    const reader = new LineReader((line) => lines.push(line))
    const bytes = Buffer.from('one\r\n\ntw\u00f6 \rthree\nlast')
    for (const byte of bytes) reader.push(Buffer.from([byte]))
    expect(lines).toEqual(['one', 'tw\u00f6', 'three'])
    reader.flush()
    expect(lines.at(-1)).toBe('last')
    reader.push(Buffer.alloc(10_000, 'y'))
    expect(lines.at(-1)).toHaveLength(10_000)
  })
})
