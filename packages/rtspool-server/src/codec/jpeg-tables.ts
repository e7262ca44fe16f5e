/** Parses pairs of hexadecimal digits to bytes. White space is ignored; `34-3a` stands for all bytes from 34 to 3a. */
export function hexPairs(text: string): Buffer {
  const all = text.replace(/([0-9a-f]{2})-([0-9a-f]{2})/g, (_, from: string, to: string) => {
    const first = Number.parseInt(from, 16)
    const count = Number.parseInt(to, 16) - first + 1
    return Buffer.from(Array.from({ length: count }, (_, n) => first + n)).toString('hex')
  })
  return Buffer.from(all.replace(/\s/g, ''), 'hex')
}

/**
 * Huffman tables of the JPEG standard (annex K.3), which RTP does not send: class and number,
 * sixteen counts of codes by length, then the values.
 */
export const standardHuffman: readonly Buffer[] = [
  '00 00010501010101010100000000000000 00-0b',
  `10 0002010303020403050504040000017d
   01 02 03 00 04 11 05 12 21 31 41 06 13 51 61 07 22 71 14 32 81 91 a1 08 23 42 b1 c1 15 52 d1 f0
   24 33 62 72 82 09 0a 16-1a 25-2a 34-3a 43-4a 53-5a 63-6a 73-7a 83-8a 92-9a a2-aa b2-ba c2-ca
   d2-da e1-ea f1-fa`,
  '01 00030101010101010101010000000000 00-0b',
  `11 00020102040403040705040400010277
   00 01 02 03 11 04 05 21 31 06 12 41 51 07 61 71 13 22 32 81 08 14 42 91 a1 b1 c1 09 23 33 52 f0
   15 62 72 d1 0a 16 24 34 e1 25 f1 17-1a 26-2a 35-3a 43-4a 53-5a 63-6a 73-7a 82-8a 92-9a a2-aa
   b2-ba c2-ca d2-da e2-ea f2-fa`,
].map(hexPairs)

/** Quantizers of the JPEG standard for brightness and colour, in zigzag order (RFC 2435 appendix A). */
const luma = [
  ...[16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40],
  ...[26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51],
  ...[56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87],
  ...[95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99],
]
const chroma = [
  ...[17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66],
  ...Array<number>(50).fill(99),
]

/** Maximum of Q (quality, from 1) that stands for standard tables. */
const maxQ = 99

/**
 * Returns the quantization tables for brightness and colour that Q stands for (RFC 2435 section
 * 4.2).
 *
 * @param q - Value of a payload, from 1 to 99.
 * @returns `undefined` for any other value.
 */
export function standardQuantizers(q: number): readonly Buffer[] | undefined {
  if (q < 1 || q > maxQ) return undefined
  const scale = q < 50 ? Math.floor(5000 / q) : 200 - 2 * q
  const scaled = (value: number) =>
    Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100)))
  return [luma, chroma].map((table) => Buffer.from(table.map(scaled)))
}
