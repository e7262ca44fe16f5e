/** Creates the table that decodes each of the 256 codes of G.711 to a sample of 16 bits. */
function table(decode: (code: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, code) => decode(code))
}

/** Table of μ-law (ITU-T G.711 table 2a), whose samples of 14 bits are scaled to 16. */
const muLaw = table((code) => {
  const inverted = ~code & 0xff
  const magnitude = (((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4)
  return inverted & 0x80 ? 0x84 - magnitude : magnitude - 0x84
})

/** Table of A-law (ITU-T G.711 table 1a), whose samples of 13 bits are scaled to 16. */
const aLaw = table((code) => {
  const toggled = code ^ 0x55
  const segment = (toggled & 0x70) >> 4
  const mantissa = (toggled & 0x0f) << 4
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1)
  return toggled & 0x80 ? magnitude : -magnitude
})

/** Decodes G.711 of one channel to samples of 16 bits. */
export function decodeG711(encoding: 'PCMU' | 'PCMA', codes: Uint8Array): Int16Array {
  const values = encoding === 'PCMU' ? muLaw : aLaw
  const samples = new Int16Array(codes.length)
  for (let index = 0; index < codes.length; index++) {
    samples[index] = values[codes[index] as number] as number
  }
  return samples
}
