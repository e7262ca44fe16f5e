import { describe, expect, it } from 'vitest'
import { OutputMarks, type PlainFormat } from '../../../src/sources/exec/output-marks.js'

describe('the marks of an output', () => {
  it.each<[PlainFormat, readonly number[]]>([
    ['h264', [9, 0, 0, 1, 0x67]],
    ['h265', [0, 0, 0, 1, 0x40]],
    ['aac', [0xff, 0x00, 0xff, 0xf1, 0x50]],
  ])('of %s are found wherever chunks end', (format, bytes) => {
    for (let split = 0; split <= bytes.length; split++) {
      const marks = new OutputMarks(format)
      marks.note(Buffer.from(bytes.slice(0, split)))
      marks.note(Buffer.from(bytes.slice(split)))
      expect(marks.foreignBytes, `split at ${split}`).toBe(0)
      marks.note(Buffer.alloc(100_000))
      expect(marks.isForeign).toBe(false)
    }
  })

  it.each<PlainFormat>(['h264', 'h265', 'aac'])('of %s are missed in a text', (format) => {
    const marks = new OutputMarks(format)
    marks.note(Buffer.alloc(65_000, 'usage: camera'))
    expect([marks.foreignBytes, marks.isForeign]).toEqual([65_000, false])
    marks.note(Buffer.alloc(536, 'ÿ', 'latin1'))
    expect(marks.isForeign).toBe(true)
  })
})
