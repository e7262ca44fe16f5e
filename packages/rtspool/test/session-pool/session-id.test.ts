import { expect, test } from 'vitest'
import { publicIdOf, type RandomFill, RandomIdCodec } from '../../src/session-pool/session-id.js'
import { strayErrorsDuring } from '../support/stray-errors.js'

test('each six bits make one character, in the order of RFC 4648 with _ and . at the end', () => {
  const codec = new RandomIdCodec((bytes) => {
    // Bytes whose six-bit groups are 0, 1, 2 … 63, 0, 1 …
    for (let index = 0, group = 0; index < bytes.length; index += 3, group += 4) {
      const bits = [0, 1, 2, 3].reduce((all, each) => (all << 6) | ((group + each) & 63), 0)
      bytes[index] = bits >>> 16
      bytes[index + 1] = bits >>> 8
      bytes[index + 2] = bits
    }
  })
  expect(codec.createId()).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef')
  expect(codec.createId()).toBe('ghijklmnopqrstuvwxyz0123456789_.')
})

test('bytes are drawn for 256 ids at a time, and wiped once they are used', () => {
  let fills = 0
  let block: Uint8Array = new Uint8Array()
  const codec = new RandomIdCodec((bytes) => {
    fills++
    block = bytes.fill(255)
  })
  for (let count = 0; count < 256; count++) codec.createId()
  expect(fills).toBe(1)
  expect(block.every((byte) => byte === 0)).toBe(true)
  expect(codec.createId()).toBe('.'.repeat(32))
  expect(fills).toBe(2)
})

test('the public id depends on every character of the id', () => {
  const id = new RandomIdCodec().createId()
  expect(publicIdOf(id)).not.toBe(publicIdOf(`${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`))
  expect(publicIdOf('A')).toMatch(/^[\w-]{22}$/)
})

test('a source of random bytes that does not fill them synchronously makes no id', {
  tags: 'U-1',
}, async () => {
  const sources: [RandomFill, string][] = [
    [() => {}, 'bytes that are all 0'],
    [(bytes) => Buffer.from(bytes).fill(7), 'bytes that are all 0'],
    [async (bytes) => void bytes.fill(7), 'a promise'],
    [() => new Promise(() => {}), 'a promise'],
    [() => Promise.reject(new Error('no entropy')), 'a promise'],
  ]
  const stray = await strayErrorsDuring(() => {
    for (const [fill, got] of sources) {
      const codec = new RandomIdCodec(fill)
      const message = `a source of random bytes must fill them before it returns, got ${got}`
      for (let n = 0; n < 2; n++) expect(() => codec.createId()).toThrow(message)
    }
  })
  expect(stray).toEqual([])
})

test('crypto.getRandomValues, which returns its bytes, is a valid source', { tags: 'U-1' }, () => {
  const codec = new RandomIdCodec((bytes) => crypto.getRandomValues(bytes))
  expect(new Set([codec.createId(), codec.createId()]).size).toBe(2)
})
