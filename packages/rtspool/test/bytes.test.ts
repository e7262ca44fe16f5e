import { describe, expect, it } from 'vitest'
import { bufferOf } from '../src/bytes.js'
import { byteContainers, notBytes } from './support/byte-containers.js'

describe('bufferOf', { tags: 'U-1' }, () => {
  const bytes = Buffer.from([1, 2, 3, 0, 255])

  it.each(byteContainers)('views the same memory: %s', (name, of) => {
    const container = of(bytes)
    const buffer = bufferOf(container)
    expect(buffer?.equals(bytes)).toBe(true)
    container[1] = 9
    expect(buffer?.[1]).toBe(name.includes('resized') ? bytes[1] : 9)
  })

  it('keeps its bytes when memory shrinks', () => {
    const [, shrinking] = byteContainers[4] as (typeof byteContainers)[number]
    const container = shrinking(bytes)
    const buffer = bufferOf(container)
    ;(container.buffer as unknown as { resize(length: number): void }).resize(1)
    expect(buffer).toEqual(bytes)
  })

  it('is a Buffer itself', () => {
    expect(bufferOf(bytes)).toBe(bytes)
  })

  it('is empty for an empty array, and for one transferred to another thread', () => {
    const gone = new Uint8Array(4)
    structuredClone(gone, { transfer: [gone.buffer] })
    for (const empty of [new Uint8Array(0), gone]) expect(bufferOf(empty)?.length).toBe(0)
  })

  it.each(notBytes)('is undefined for %s', (_name, value) => {
    expect(bufferOf(value)).toBe(undefined)
  })
})
