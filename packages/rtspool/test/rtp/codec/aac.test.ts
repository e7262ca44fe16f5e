import { describe, expect, test } from 'vitest'
import { aacFmtp, parseAdtsHeader, parseAudioSpecificConfig } from '../../../src/rtp/index.js'

describe('AudioSpecificConfig', { tags: 'A-PAY-3' }, () => {
  test.each([
    { name: 'AAC-LC 48 kHz stereo', config: '1190', sampleRate: 48000, channels: 2 },
    { name: 'AAC-LC 44.1 kHz stereo', config: '1210', sampleRate: 44100, channels: 2 },
    { name: 'AAC-LC 16 kHz mono', config: '1408', sampleRate: 16000, channels: 1 },
    { name: 'AAC-LC 48 kHz 7.1', config: '11b8', sampleRate: 48000, channels: 8 },
    {
      name: 'as FFmpeg writes it, SBR said to be off',
      config: '119056e500',
      sampleRate: 48000,
      channels: 2,
    },
    { name: 'channels in the stream', config: '1180', sampleRate: 48000, channels: 0 },
    // 00010 1111 and 24 bits of 44056, 0001
    { name: 'an explicit sample rate', config: '1780560c08', sampleRate: 44056, channels: 1 },
    { name: 'frames of 960', config: '1194', sampleRate: 48000, channels: 2, samples: 960 },
    // 00101 0110 0010, extension 0011, 00010: 24 kHz core, 48 kHz out
    {
      name: 'HE-AAC 48 kHz stereo',
      config: '2b118800',
      sampleRate: 48000,
      channels: 2,
      samples: 2048,
    },
    // 11101 0110 0001, extension 0011, 00010: a mono core that PS makes stereo
    {
      name: 'HE-AAC v2 48 kHz',
      config: 'eb098800',
      sampleRate: 48000,
      channels: 2,
      samples: 2048,
    },
  ])('$name', ({ config, sampleRate, channels, samples = 1024 }) => {
    expect(parseAudioSpecificConfig(Buffer.from(config, 'hex'))).toEqual({
      objectType: 2,
      sampleRate,
      channels,
      samplesPerAccessUnit: samples,
    })
  })

  test('an object type beyond 31', () => {
    // 11111 001010 0011 0010 0…: 32 + 10, 48 kHz, stereo
    expect(parseAudioSpecificConfig(Buffer.from('f9464000', 'hex'))).toMatchObject({
      objectType: 42,
      sampleRate: 48000,
      channels: 2,
    })
  })

  test.each([
    { name: 'nothing', config: '' },
    { name: 'one byte', config: '11' },
    { name: 'an explicit rate that is cut off', config: '1780' },
    { name: 'a reserved sample rate', config: '1690' },
    { name: 'a sample rate of 0', config: '1780000008' },
  ])('$name is refused', ({ config }) => {
    expect(() => parseAudioSpecificConfig(Buffer.from(config, 'hex'))).toThrow(RangeError)
  })
})

test('the fmtp has the parameters of the high bit-rate mode', { tags: 'A-PAY-3' }, () => {
  expect(aacFmtp(Uint8Array.of(0x11, 0x90))).toBe(
    'streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190',
  )
})

describe('ADTS headers', { tags: 'A-PAY-3' }, () => {
  test.each([
    { name: 'AAC-LC 48 kHz stereo', header: 'fff14c80015ffc', config: '1190', sizeBytes: 7 },
    { name: 'with a checksum', header: 'fff04c80015ffc 1234', config: '1190', sizeBytes: 9 },
    { name: 'of MPEG-2, 44.1 kHz mono', header: 'fff95040015ffc', config: '1208', sizeBytes: 7 },
  ])('$name', ({ header, config, sizeBytes }) => {
    const read = parseAdtsHeader(Buffer.from(header.replaceAll(' ', ''), 'hex'))
    expect(read && { ...read, config: Buffer.from(read.config).toString('hex') }).toMatchObject({
      config,
      sizeBytes,
    })
  })

  test.each([
    { name: 'nothing', header: '' },
    { name: 'one that is cut off', header: 'fff14c80015f' },
    { name: 'no syncword', header: 'fef14c80015ffc' },
    { name: 'several access units', header: 'fff14c80015ffd' },
    { name: 'a reserved sample rate', header: 'fff17c80015ffc' },
  ])('$name is no header', ({ header }) => {
    expect(parseAdtsHeader(Buffer.from(header, 'hex'))).toBeUndefined()
  })
})
