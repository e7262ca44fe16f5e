import { describe, expect, it } from 'vitest'
import { latmConfigOf } from '../../src/codec/latm-config.js'

/** A StreamMuxConfig around the bits of an AudioSpecificConfig. */
function muxConfig(config: string): Buffer {
  const bits = `0 1 000000 0000 000 ${config} 000 11111111 0 0`.replaceAll(' ', '')
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((each) => Number.parseInt(each, 2)))
}

describe('configuration of LATM', () => {
  it.for([
    { name: 'AAC-LC', bits: '00010 0011 0010 000', config: '1190' },
    {
      name: 'an explicit rate',
      bits: '00010 1111 000000001011101110000000 0010 000',
      config: '17805dc010',
    },
    { name: 'SBR', bits: '00101 0110 0010 0011 00010 000', config: '2b118800' },
  ])('with $name is the same, at a byte', ({ bits, config }) => {
    expect(latmConfigOf(muxConfig(bits.replaceAll(' ', ''))).toString('hex')).toBe(config)
  })

  it('is empty where it is cut off, or of another version', () => {
    expect(latmConfigOf(Buffer.from('4000', 'hex'))).toHaveLength(0)
    expect(latmConfigOf(Buffer.from('8000000000', 'hex'))).toHaveLength(0)
    expect(latmConfigOf(Buffer.alloc(0))).toHaveLength(0)
  })
})
