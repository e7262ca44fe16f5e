import { describe, expect, it } from 'vitest'
import { RequestError } from '../../src/errors.js'
import { parseSrtpOffer, serializeSrtpOffer } from '../../src/mikey/index.js'
import { parseMikey } from '../../src/mikey/parse.js'
import { serializeMikey } from '../../src/mikey/serialize.js'
import { masterKeyFrom, srtpSuites } from '../../src/srtp/index.js'
import { mikeyCorpus, sample } from './samples.js'

const time = { csbId: 0xfedc_ba98, ntpTime: 0xeeae_6fa1_3306_b378n, rand: Buffer.alloc(16, 9) }
const accepted = [...mikeyCorpus.keys()].filter((name) => !name.startsWith('refused-'))
const refused = [...mikeyCorpus.keys()].filter((name) => name.startsWith('refused-'))

function failureOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('parseSrtpOffer', () => {
  it('reads the messages of GStreamer', { tags: 'A-SRT-3' }, () => {
    const { master, rolloverCounters } = parseSrtpOffer(sample('gstreamer-80'))
    expect(master.suite.name).toBe('AES_CM_128_HMAC_SHA1_80')
    expect(master.key.toString('hex')).toBe('2390a8321284ac8496096666c613bd7d')
    expect(master.salt.toString('hex')).toBe('639b89d36910a450417cdda810a4')
    expect([...rolloverCounters]).toEqual([[0x64e8_2ae7, 0]])
  })

  it('reads the rollover counter of each SSRC', { tags: 'A-SRT-3' }, () => {
    const { rolloverCounters } = parseSrtpOffer(sample('gstreamer-two-sessions'))
    expect([...rolloverCounters]).toEqual([
      [0x1680_7891, 0],
      [0x8ae8_6ee3, 3],
    ])
  })

  it.each([
    ['gstreamer-32', 'AES_CM_128_HMAC_SHA1_32'],
    ['rfc-lengths-32', 'AES_CM_128_HMAC_SHA1_32'],
    ['gcm-128', 'AEAD_AES_128_GCM'],
    ['gcm-256', 'AEAD_AES_256_GCM'],
    ['no-policy', 'AES_CM_128_HMAC_SHA1_80'],
  ])('%s means %s', { tags: 'A-SRT-4' }, (name, suite) => {
    expect(parseSrtpOffer(sample(name)).master.suite.name).toBe(suite)
  })

  it.each(['milestone-padding', 'tek-with-salt', 'with-id-and-validity', 'no-policy'])(
    '%s: the same key in another form',
    { tags: 'A-SRT-3' },
    (name) => {
      const { key, salt } = parseSrtpOffer(sample('gstreamer-80')).master
      expect(parseSrtpOffer(sample(name)).master).toMatchObject({ key, salt })
    },
  )

  it.each([
    ['mki', '01'],
    ['mki-of-4-bytes', '89abcdef'],
    ['mki-of-live555', '9c1d2e3f'],
    ['mki-empty', undefined],
  ])('%s: the same key with its index', { tags: ['R-4', 'A-SRT-3'] }, (name, mki) => {
    const { key, salt } = parseSrtpOffer(sample('gstreamer-80')).master
    const { master } = parseSrtpOffer(sample(name))
    expect(master).toMatchObject({ key, salt })
    expect(master.mki?.toString('hex')).toBe(mki)
  })

  it.each(refused)('%s: 463, without any part of the key', { tags: ['A-SRT-5', 'Q4'] }, (name) => {
    const error = failureOf(() => parseSrtpOffer(sample(name)))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ code: 'ERR_KEY_MANAGEMENT', statusCode: 463 })
    expect(JSON.stringify([String(error), error])).not.toMatch(/2390|239[\s,]|I5Co/i)
  })

  it.each(accepted)('%s, cut off anywhere: 463', { tags: 'A-SRT-5' }, (name) => {
    const bytes = sample(name)
    const isPadded = name === 'milestone-padding'
    for (let size = 0; size < bytes.length - (isPadded ? 1 : 0); size++) {
      expect(failureOf(() => parseSrtpOffer(bytes.subarray(0, size)))).toBeInstanceOf(RequestError)
    }
  })
})

describe('serializeSrtpOffer', () => {
  it.each(Object.values(srtpSuites))(
    '$name: is read back with the same meaning',
    { tags: 'A-SRT-3' },
    (suite) => {
      const bytes = Buffer.from(
        Array.from({ length: suite.keyBytes + suite.saltBytes }, (_, at) => at),
      )
      const offer = {
        master: masterKeyFrom(suite, bytes),
        rolloverCounters: new Map([[0xffff_ffff, 0xffff_fffe]]),
      }
      expect(parseSrtpOffer(serializeSrtpOffer(offer, time))).toEqual(offer)
    },
  )

  it.each([1, 2, 3, 4])(
    'an index of %i bytes is read back with the same meaning',
    { tags: ['R-4', 'A-SRT-3'] },
    (mkiBytes) => {
      for (const suite of Object.values(srtpSuites)) {
        const bytes = Buffer.alloc(suite.keyBytes + suite.saltBytes, mkiBytes)
        const master = { ...masterKeyFrom(suite, bytes), mki: Buffer.alloc(mkiBytes, 0xa5) }
        const offer = { master, rolloverCounters: new Map([[7, 1]]) }
        expect(parseSrtpOffer(serializeSrtpOffer(offer, time))).toEqual(offer)
      }
    },
  )

  it('a key with an index has the lengths of the RFC, the only ones that live555 reads', {
    tags: 'R-4',
  }, () => {
    const suite = srtpSuites.AES_CM_128_HMAC_SHA1_80
    const bare = masterKeyFrom(suite, Buffer.alloc(30))
    const lengthIn = (mki?: Buffer) => {
      const master = { ...bare, ...(mki && { mki }) }
      const bytes = serializeSrtpOffer({ master, rolloverCounters: new Map() }, time)
      return parseMikey(bytes).policies[0]?.parameters.get(3)?.[0]
    }
    expect([lengthIn(), lengthIn(Buffer.alloc(4))]).toEqual([10, 20])
  })

  it('writes SSRC 0 if the SSRC is unknown', () => {
    const master = masterKeyFrom(srtpSuites.AEAD_AES_128_GCM, Buffer.alloc(28))
    const bytes = serializeSrtpOffer({ master, rolloverCounters: new Map() }, time)
    expect([...parseSrtpOffer(bytes).rolloverCounters]).toEqual([[0, 0]])
    expect(parseMikey(bytes)).toMatchObject(time)
  })
})

describe('serializeMikey', () => {
  const isWrittenAlike = (name: string): boolean =>
    !['milestone-padding', 'with-id-and-validity', 'mki-empty'].includes(name)

  it.each(accepted.filter(isWrittenAlike))('writes %s again byte by byte', (name) => {
    expect(serializeMikey(parseMikey(sample(name)))).toEqual(sample(name))
  })
})
