import { describe, expect, it } from 'vitest'
import { masterKeyFrom, srtpSuites } from '../../src/srtp/index.js'
import { deriveKey, deriveSessionKeys } from '../../src/srtp/key-derivation.js'
import { derivation } from './vectors.js'

const { masterKey, masterSalt, cipherKey, cipherSalt, authenticationKey } = derivation
const suite = srtpSuites.AES_CM_128_HMAC_SHA1_80
const master = masterKeyFrom(suite, Buffer.concat([masterKey, masterSalt]))

describe('key derivation', () => {
  it('gives the keys of RFC 3711 appendix B.3', { tags: 'A-SRT-4' }, () => {
    const { rtp } = deriveSessionKeys(master)
    expect(rtp.encryptionKey).toEqual(cipherKey)
    expect(rtp.salt).toEqual(cipherSalt)
    expect(rtp.authenticationKey).toEqual(authenticationKey.subarray(0, 20))
    expect(deriveKey(master, 1, authenticationKey.length)).toEqual(authenticationKey)
  })

  it.each(Object.values(srtpSuites))('$name: six keys, no two alike', (each) => {
    const { keyBytes, saltBytes, cipher } = each
    const keys = deriveSessionKeys(masterKeyFrom(each, Buffer.alloc(keyBytes + saltBytes, 1)))
    const all = [keys.rtp, keys.rtcp].flatMap(({ encryptionKey, salt, authenticationKey }) => {
      expect(encryptionKey).toHaveLength(keyBytes)
      expect(salt).toHaveLength(saltBytes)
      expect(authenticationKey).toHaveLength(cipher === 'AES-CM' ? 20 : 0)
      return cipher === 'AES-CM' ? [encryptionKey, salt, authenticationKey] : [encryptionKey, salt]
    })
    const starts = new Set(all.map((key) => key.subarray(0, 12).toString('hex')))
    expect(starts.size).toBe(all.length)
  })

  it('names the required length of a key', () => {
    expect(() => masterKeyFrom(suite, Buffer.alloc(29))).toThrow(
      'key and salt of AES_CM_128_HMAC_SHA1_80 must have 30 bytes, got 29',
    )
  })
})
