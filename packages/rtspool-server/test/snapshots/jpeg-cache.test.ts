import { describe, expect, it } from 'vitest'
import { JpegCache } from '../../src/snapshots/jpeg-cache.js'

const jpeg = (sizeBytes: number) => ({
  ...{ bytes: Buffer.alloc(sizeBytes), pictureId: '1', unixTimeMs: undefined, takenMs: 0 },
})

describe('kept JPEG', () => {
  it('are dropped above the limit, oldest first', () => {
    const cache = new JpegCache()
    for (const key of ['a', 'b', 'a', 'c']) cache.set(key, jpeg(100), 250)
    expect(['a', 'b', 'c'].filter((key) => cache.get(key))).toEqual(['a', 'c'])
    expect(cache.sizeBytes).toBe(200)
  })

  it('are none when each is larger than the limit', () => {
    const cache = new JpegCache()
    cache.set('a', jpeg(100), 0)
    expect([cache.get('a'), cache.sizeBytes]).toEqual([undefined, 0])
  })

  it('are all dropped at once', () => {
    const cache = new JpegCache()
    cache.set('a', jpeg(100), 1000)
    cache.clear()
    expect([cache.get('a'), cache.sizeBytes]).toEqual([undefined, 0])
  })
})
