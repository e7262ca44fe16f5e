import { describe, expect, it } from 'vitest'
import { parseCryptoAttribute } from '../../src/srtp/index.js'

const text = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64')
const key = text(30)

describe('a=crypto', () => {
  it.each([
    ['AES_CM_128_HMAC_SHA1_80', 16, 14],
    ['AES_CM_128_HMAC_SHA1_32', 16, 14],
    ['AEAD_AES_128_GCM', 16, 12],
    ['AEAD_AES_256_GCM', 32, 12],
  ])('%s', (name, keyBytes, saltBytes) => {
    const master = parseCryptoAttribute(`1 ${name} inline:${text(keyBytes + saltBytes)}`)
    expect(master?.suite.name).toBe(name)
    expect(master?.key).toEqual(Buffer.alloc(keyBytes, 7))
    expect(master?.salt).toEqual(Buffer.alloc(saltBytes, 7))
    expect(master?.mki).toBeUndefined()
  })

  it('is read without padding of its base64', () => {
    const bytes = text(28).replace('==', '')
    expect(parseCryptoAttribute(`1 AEAD_AES_128_GCM inline:${bytes}`)?.key).toHaveLength(16)
  })

  it.each([
    [`|2^20|1:4`, '00000001'],
    [`|1:4`, '00000001'],
    [`|1048576|4660:2`, '1234'],
    [`|2^48`, undefined],
  ])('with %s has the index %s', (rest, mki) => {
    const master = parseCryptoAttribute(`2 AES_CM_128_HMAC_SHA1_80 inline:${key}${rest} WSH=64 -x`)
    expect(master?.mki?.toString('hex')).toBe(mki)
    expect(master).toBeDefined()
  })

  it.each([
    ['', 'nothing'],
    [`1 F8_128_HMAC_SHA1_80 inline:${key}`, 'another suite'],
    [`1 toString inline:${key}`, 'a name that is no suite'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${text(29)}`, 'a short key'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key};inline:${key}`, 'two keys'],
    [`1 AES_CM_128_HMAC_SHA1_80 uri:${key}`, 'a key elsewhere'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key} UNENCRYPTED_SRTP`, 'no encryption'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key} UNAUTHENTICATED_SRTP`, 'no authentication'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key} KDR=1`, 'another derivation'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|1:5`, 'a long index'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|256:1`, 'an index that does not fit'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|1:1|2:1`, 'two indexes'],
    [`1 AES_CM_128_HMAC_SHA1_80 inline:${key}|soon`, 'a broken lifetime'],
  ])('%j is left out: %s', (value) => {
    expect(parseCryptoAttribute(value)).toBeUndefined()
  })
})
