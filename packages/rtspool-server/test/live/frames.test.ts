import { describe, expect, it } from 'vitest'
import { KeptFragments } from '../../src/live/kept-fragments.js'
import { boxFrame, openFrame, textFrame } from '../../src/live/websocket-frame.js'

describe('WebSocket frames', () => {
  it.for([
    { bytes: 124, header: '827d' },
    { bytes: 125, header: '827e007e' },
    { bytes: 65_534, header: '827effff' },
    { bytes: 65_535, header: '827f0000000000010000' },
  ])('of $bytes bytes of boxes begin with their size and the track', ({ bytes, header }) => {
    const { frame, contentOffset } = openFrame(5, bytes)
    expect(frame.toString('hex', 0, contentOffset)).toBe(`${header}05`)
    expect(frame).toHaveLength(contentOffset + bytes)
    expect(boxFrame(5, Buffer.alloc(bytes, 1)).subarray(contentOffset)).toEqual(
      Buffer.alloc(bytes, 1),
    )
  })

  it('of text have their size in bytes', () => {
    expect(textFrame('é').toString('hex')).toBe('8102c3a9')
  })
})

describe('kept fragments', () => {
  const [a, b, c] = ['aaaa', 'bbb', 'cc'].map((text) => Buffer.from(text)) as [
    Buffer,
    Buffer,
    Buffer,
  ]

  it('begin with the last key frame', () => {
    const kept = new KeptFragments(100)
    kept.add(a, false)
    expect(kept.frames).toEqual([])
    for (const [frame, isBeginning] of [
      [a, true],
      [b, false],
      [c, true],
      [b, false],
    ] as const) {
      kept.add(frame, isBeginning)
    }
    expect(kept.frames).toEqual([c, b])
  })

  it('are given up over their limit, up to the next key frame', () => {
    const kept = new KeptFragments(6)
    kept.add(a, true)
    kept.add(b, false)
    kept.add(c, false)
    expect(kept.frames).toEqual([])
    kept.add(a, true)
    expect(kept.frames).toEqual([a])
  })
})
