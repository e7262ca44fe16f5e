import { describe, expect, it } from 'vitest'
import { NodeIdCodec } from '../../src/cluster/node-id-codec.js'
import { SessionPool } from '../../src/session-pool/index.js'

const oldKey = Buffer.alloc(32, 1)
const newKey = Buffer.alloc(32, 2)
const tag = '0a1b2c3d'
const codecOf = (...keys: Buffer[]) => new NodeIdCodec(keys, () => tag)

describe('NodeIdCodec', () => {
  it('creates ids that name their node to nodes with the same key', () => {
    const codec = codecOf(newKey)
    const ids = Array.from({ length: 1000 }, () => codec.createId())
    expect(new Set(ids).size).toBe(1000)
    for (const id of ids) {
      expect(id).toMatch(/^[A-Za-z0-9_.]{32}$/)
      expect(codecOf(newKey).tagOf(id)).toBe(tag)
    }
  })

  it('decrypts ids of a key that was replaced, as long as it has that key', () => {
    const id = codecOf(oldKey).createId()
    expect(codecOf(newKey, oldKey).tagOf(id)).toBe(tag)
    expect(codecOf(newKey).tagOf(id)).toBeUndefined()
  })

  it('creates ids under the new tag as soon as the tag changes', () => {
    let present = tag
    const codec = new NodeIdCodec([newKey], () => present)
    codec.createId()
    present = 'ffffffff'
    expect(codec.tagOf(codec.createId())).toBe('ffffffff')
  })

  it('shows no tag of an id that was changed in any character', () => {
    const codec = codecOf(newKey)
    const id = codec.createId()
    for (let at = 0; at < id.length; at++) {
      const other = id[at] === 'A' ? 'B' : 'A'
      expect(codec.tagOf(id.slice(0, at) + other + id.slice(at + 1))).toBeUndefined()
    }
  })

  it.each(['', 'short', 'x'.repeat(31), 'x'.repeat(33), `${'x'.repeat(31)}-`, 'é'.repeat(32)])(
    'shows no tag of %o, which is no id',
    (id) => {
      expect(codecOf(newKey).tagOf(id)).toBeUndefined()
    },
  )

  it('shows nothing of the node: each bit of its ids is 1 about half of the time', () => {
    const codec = codecOf(newKey)
    const count = 4000
    const ones = Array.from({ length: 192 }, () => 0)
    for (let n = 0; n < count; n++) {
      const bytes = Buffer.from(codec.createId().replaceAll('.', '-'), 'base64url')
      ones.forEach((_, bit) => {
        ones[bit] = (ones[bit] as number) + (((bytes[bit >> 3] as number) >> (bit & 7)) & 1)
      })
    }
    // 2000 +- 8 standard deviations of 31.6.
    for (const each of ones) expect(Math.abs(each - count / 2)).toBeLessThan(253)
  })

  it('serves a pool', () => {
    const pool = new SessionPool({ idCodec: codecOf(newKey) })
    const session = pool.create()
    expect(codecOf(newKey).tagOf(session.id)).toBe(tag)
    pool.close()
  })

  it('refuses keys of another length, no key, and a tag that is none', () => {
    expect(() => codecOf()).toThrow(/at least one key/)
    expect(() => codecOf(Buffer.alloc(16))).toThrow(/32 bytes, got 16/)
    expect(() => new NodeIdCodec([newKey], () => 'node 1').createId()).toThrow(
      /8 hexadecimal digits/,
    )
  })
})
