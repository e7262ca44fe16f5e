import { describe, expect, it } from 'vitest'
import { jpegOfPayloads } from '../../src/codec/jpeg-payloads.js'
import { hexPairs, standardQuantizers } from '../../src/codec/jpeg-tables.js'
import { fileWith, payloadsOf } from './jpeg-file.js'

/** Segments of a JPEG file in front of its scan, by marker, and the bytes from there on. */
function segmentsOf(file: Buffer) {
  const segments: [marker: number, body: string][] = []
  let at = 2
  for (;;) {
    const marker = file[at + 1] ?? 0
    const end = at + 2 + file.readUInt16BE(at + 2)
    segments.push([marker, file.toString('hex', at + 4, end)])
    at = end
    if (marker === 0xda) return { segments, scan: file.subarray(at) }
  }
}

describe('a JPEG file of RTP payloads', () => {
  it.each([
    ['4:2:0', { sampling: 0x22 }],
    ['4:2:2', { sampling: 0x21 }],
    ['4:2:0 with restart markers', { restartInterval: 4 }],
  ])('is the one that was sent, with %s', (_, options) => {
    const file = fileWith(options)
    const made = jpegOfPayloads(payloadsOf(file))
    expect(made).toMatchObject({ width: 64, height: 48 })
    const [sent, received] = [segmentsOf(file), segmentsOf(made?.bytes ?? Buffer.alloc(0))]
    expect(received.scan.equals(sent.scan)).toBe(true)
    // Numbers of the tables in the frame header are free, and JFIF is added.
    const ofKind = (segments: typeof sent.segments, kind: number) =>
      segments.filter(([marker]) => marker === kind).map(([, body]) => body)
    for (const kind of [0xdb, 0xc4, 0xdd, 0xc0, 0xda]) {
      expect([kind, ofKind(received.segments, kind)]).toEqual([kind, ofKind(sent.segments, kind)])
    }
    expect(ofKind(received.segments, 0xe0)[0]).toMatch(/^4a46494600/)
  })

  it('has the standard tables of a Q below 100', () => {
    expect(standardQuantizers(50)?.map((table) => table[0])).toEqual([16, 17])
    expect(standardQuantizers(99)?.[0]?.[0]).toBe(1)
    expect(standardQuantizers(1)?.[1]?.[63]).toBe(255)
    const payload = Buffer.concat([hexPairs('00 000000 01 32 08 06'), Buffer.alloc(20, 5)])
    const { segments } = segmentsOf(jpegOfPayloads([payload])?.bytes ?? Buffer.alloc(0))
    const tables = segments.filter(([marker]) => marker === 0xdb).map(([, body]) => body)
    expect(tables).toEqual([
      `00${standardQuantizers(50)?.[0]?.toString('hex')}`,
      `01${standardQuantizers(50)?.[1]?.toString('hex')}`,
    ])
  })

  it('has the Huffman tables that the payloader takes for those of the standard', () => {
    // The payloader drops pictures with others.
    expect(payloadsOf(fileWith()).length).toBeGreaterThan(1)
  })

  it('is none of payloads that are cut off, missing or unknown', () => {
    const payloads = payloadsOf(fileWith())
    const [first = Buffer.alloc(0), ...others] = payloads
    expect(jpegOfPayloads([])).toBeUndefined()
    expect(jpegOfPayloads(others)).toBeUndefined()
    expect(jpegOfPayloads([first, ...others.slice(1)])).toBeUndefined()
    for (let length = 0; length < 140; length++) {
      expect(jpegOfPayloads([first.subarray(0, length)])).toBeUndefined()
    }
    const changed = (at: number, value: number) => {
      const copy = Buffer.from(first)
      copy[at] = value
      return jpegOfPayloads([copy, ...others])
    }
    expect(changed(4, 2)).toBeUndefined() // another type
    expect(changed(5, 0)).toBeUndefined() // Q that means nothing
    expect(changed(6, 0)).toBeUndefined() // wider than 2040 pixels
    expect(changed(9, 1)).toBeUndefined() // values of 16 bits
  })
})
