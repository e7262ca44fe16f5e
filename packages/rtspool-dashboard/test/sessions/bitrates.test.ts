import { describe, expect, it } from 'vitest'
import { Bitrates } from '../../src/sessions/bitrates.js'
import { figures, session } from './session.js'

describe('bitrates of sessions', () => {
  const read = (bitrates: Bitrates, bytes: number, at: number) =>
    bitrates.add(session('a', { stats: figures(bytes) }), at).bitrate

  it('follow from two reads', () => {
    const bitrates = new Bitrates()
    expect(read(bitrates, 1000, 0)).toBeUndefined()
    expect(read(bitrates, 3000, 2000)).toBe(8000)
    expect(read(bitrates, 3000, 4000)).toBe(0)
  })

  it('stay where two reads are too close together', () => {
    const bitrates = new Bitrates()
    read(bitrates, 0, 0)
    read(bitrates, 1000, 1000)
    expect(read(bitrates, 1001, 1001)).toBe(8000)
    expect(read(bitrates, 2000, 2000)).toBe(8000)
  })

  it('are forgotten some time after the last read', () => {
    const bitrates = new Bitrates()
    read(bitrates, 0, 0)
    bitrates.forget()
    expect(read(bitrates, 1000, 1000)).toBe(8000)
    bitrates.forget()
    bitrates.forget()
    expect(read(bitrates, 2000, 2000)).toBeUndefined()
  })
})
