import { describe, expect, it } from 'vitest'
import { describedParameterSets } from '../../../src/rtp/codec/parameter-sets.js'

const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64')

describe('parameter sets of a description', () => {
  it('lose the start codes that some cameras put before them', () => {
    const sets = [base64(0, 0, 0, 1, 0x67, 1, 2), base64(0, 0, 1, 0x68, 3)]
    const { units } = describedParameterSets('H264', `sprop-parameter-sets=${sets.join(',')}`) ?? {}
    expect(units).toEqual([Buffer.from([0x67, 1, 2]), Buffer.from([0x68, 3])])
  })

  it('are left to the stream when some kinds of H.265 are missing', () => {
    const [vps, sps, pps] = [base64(0x40, 1), base64(0x42, 1), base64(0x44, 1)]
    const all = `sprop-vps=${vps};sprop-sps=${sps};sprop-pps=${pps}`
    expect(describedParameterSets('H265', all)?.units).toHaveLength(3)
    expect(describedParameterSets('H265', `sprop-sps=${sps};sprop-pps=${pps}`)).toBeUndefined()
  })
})
