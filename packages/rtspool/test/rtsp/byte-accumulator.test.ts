import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteAccumulator } from '../../src/rtsp/byte-accumulator.js'

describe('ByteAccumulator', () => {
  it('holds the appended bytes, in order', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 600 }))
    fc.assert(
      fc.property(pieces, (chunks) => {
        const bytes = new ByteAccumulator()
        for (const chunk of chunks) bytes.append(Buffer.from(chunk), 0, chunk.length)
        const expected = Buffer.concat(chunks)
        expect(bytes.view().equals(expected)).toBe(true)
        expect(bytes.length).toBe(expected.length)
        if (expected.length > 0) expect(bytes.at(expected.length - 1)).toBe(expected.at(-1))
      }),
    )
  })

  it('is empty after clear, and earlier views stay unchanged', () => {
    const bytes = new ByteAccumulator()
    bytes.append(Buffer.from('-abc-'), 1, 4)
    const view = bytes.view()
    bytes.clear()
    expect(bytes.length).toBe(0)
    bytes.append(Buffer.from('xyz'), 0, 3)
    expect(view.toString()).toBe('abc')
  })
})
