import { describe, expect, it } from 'vitest'
import {
  parseKeyMgmt,
  parseKeyMgmtAttribute,
  serializeKeyMgmt,
  serializeKeyMgmtAttribute,
} from '../../../src/rtsp/index.js'
import { keyMgmtCorpus } from '../../mikey/samples.js'

const data = Buffer.from([0, 16, 131])

describe('KeyMgmt', () => {
  it('is read in the form of GStreamer', { tags: 'A-SRT-3' }, () => {
    const [message] = parseKeyMgmt(keyMgmtCorpus.get('gstreamer') ?? '')
    expect(message).toMatchObject({
      protocol: 'mikey',
      uri: 'rtsps://127.0.0.1/live/cam/trackID=0',
    })
    expect(message?.data.subarray(0, 3)).toEqual(Buffer.from([1, 0, 5]))
  })

  it('has one message per stream, URIs with commas and semicolons, and names in any case', () => {
    const messages = parseKeyMgmt(keyMgmtCorpus.get('two-messages') ?? '')
    expect(messages.map(({ protocol, uri }) => [protocol, uri])).toEqual([
      ['mikey', 'rtsps://h/a,b;c'],
      ['mikey', 'rtsps://h/d'],
    ])
  })

  it('may leave out the URI', () => {
    expect(parseKeyMgmt(keyMgmtCorpus.get('without-uri') ?? '')[0]).not.toHaveProperty('uri')
  })

  it.each([...keyMgmtCorpus.keys()].filter((name) => name.startsWith('refused-')))(
    '%s: 463',
    { tags: 'A-SRT-5' },
    (name) => {
      expect(() => parseKeyMgmt(keyMgmtCorpus.get(name) ?? '')).toThrow(
        expect.objectContaining({ code: 'ERR_KEY_MANAGEMENT', statusCode: 463 }),
      )
    },
  )

  it('refuses an unterminated list', () => {
    expect(() => parseKeyMgmt(Array(33).fill('prot=mikey;data="AAAA"').join())).toThrow(
      'at most 32',
    )
  })

  it('is written in the same form', () => {
    const message = { protocol: 'mikey', uri: 'rtsps://h/a', data }
    expect(serializeKeyMgmt(message)).toBe('prot=mikey;uri="rtsps://h/a";data="ABCD"')
    expect(serializeKeyMgmt({ protocol: 'mikey', data })).toBe('prot=mikey;data="ABCD"')
    expect(parseKeyMgmt(serializeKeyMgmt(message))).toEqual([message])
    expect(() => serializeKeyMgmt({ ...message, uri: 'a\r\nb' })).toThrow(TypeError)
  })
})

describe('a=key-mgmt', () => {
  it('is a protocol and base64', { tags: 'A-SRT-3' }, () => {
    expect(parseKeyMgmtAttribute(' MIKEY  ABCD')).toEqual({ protocol: 'mikey', data })
    expect(serializeKeyMgmtAttribute({ protocol: 'mikey', data })).toBe('mikey ABCD')
  })

  it.each(['', 'mikey', 'mikey AB CD', 'mikey A*'])(
    'refuses "%s"',
    { tags: 'A-SRT-5' },
    (value) => {
      expect(() => parseKeyMgmtAttribute(value)).toThrow(
        expect.objectContaining({ statusCode: 463 }),
      )
    },
  )
})
