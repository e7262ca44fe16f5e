/** Contents of an AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1). */
export interface AacConfiguration {
  /** Audio object type of the AAC stream: 2 for AAC-LC. With SBR or PS, the type of the core that they extend. */
  readonly objectType: number
  /**
   * Sampling rate of the decoded sound in Hz: twice that of the core if the configuration declares
   * SBR.
   */
  readonly sampleRate: number
  /** Number of channels of the decoded sound; 0 if the configuration leaves it to the stream. */
  readonly channels: number
  /** Samples per channel of an access unit, at `sampleRate`: the step of the RTP timestamp. */
  readonly samplesPerAccessUnit: number
}

const sampleRates = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
] as const
const explicitSampleRate = 15
/**
 * Numbers of channels by `channelConfiguration` of an AudioSpecificConfig; 0 for reserved values, and for value 0,
 * which leaves the number to the stream.
 */
const channelCounts = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8] as const
const sbrObjectType = 5
const psObjectType = 29
const escapeObjectType = 31

/**
 * Parses an AudioSpecificConfig: `esds` of MP4, CodecPrivate of Matroska, `config` of an `a=fmtp`.
 *
 * @throws {RangeError} The bytes are cut off, or name a reserved sampling rate.
 */
export function parseAudioSpecificConfig(config: Uint8Array): AacConfiguration {
  const bits = new BitReader(config)
  const declaredType = readObjectType(bits)
  const coreRate = readSampleRate(bits)
  const channels = channelCounts[bits.read(4)] ?? 0
  const hasSbr = declaredType === sbrObjectType || declaredType === psObjectType
  const sampleRate = hasSbr ? readSampleRate(bits) : coreRate
  const objectType = hasSbr ? readObjectType(bits) : declaredType
  // frameLengthFlag, the first bit of GASpecificConfig: 960 instead of 1024.
  const coreSamples = bits.read(1) === 1 ? 960 : 1024
  return {
    objectType,
    sampleRate,
    // Parametric stereo makes two channels out of a coded one.
    channels: declaredType === psObjectType && channels === 1 ? 2 : channels,
    samplesPerAccessUnit: (coreSamples * sampleRate) / coreRate,
  }
}

/** Contents of an ADTS header, which precedes each access unit of AAC in MPEG-TS (ISO/IEC 13818-7 section 6.2). */
export interface AdtsHeader {
  /** AudioSpecificConfig with the same settings as the header. */
  readonly config: Uint8Array
  /** Size of the ADTS header in bytes: 7, or 9 with a checksum. */
  readonly sizeBytes: number
  /** Size in bytes of the ADTS header and its access unit, as the header states it. */
  readonly frameBytes: number
}

/**
 * Parses an ADTS header.
 *
 * ```text
 *  syncword12 id1 layer2 noChecksum1 | profile2 rateIndex4 private1 channels3 … (56 bits) | checksum16
 * ```
 *
 * @returns `undefined` unless the bytes begin with the header of a frame of one access unit.
 */
export function parseAdtsHeader(bytes: Uint8Array): AdtsHeader | undefined {
  if (bytes.length < adtsHeaderBytes) return undefined
  const bits = new BitReader(bytes)
  if (bits.read(12) !== adtsSyncword) return undefined
  bits.read(3)
  const hasChecksum = bits.read(1) === 0
  const objectType = bits.read(2) + 1
  const rateIndex = bits.read(4)
  bits.read(1)
  const channels = bits.read(3)
  bits.read(4)
  const frameBytes = bits.read(13)
  const hasOneUnit = ((bytes[6] as number) & 3) === 0
  if (!hasOneUnit || sampleRates[rateIndex] === undefined) return undefined
  return {
    config: Uint8Array.of((objectType << 3) | (rateIndex >> 1), (rateIndex << 7) | (channels << 3)),
    sizeBytes: adtsHeaderBytes + (hasChecksum ? 2 : 0),
    frameBytes,
  }
}

const adtsHeaderBytes = 7
const adtsSyncword = 0xfff

/**
 * Returns the value of `a=fmtp` for AAC in the high bit-rate mode (RFC 3640 section 3.3.6).
 *
 * `profile-level-id=1` is the value of common senders for every profile; receivers rely on
 * `config`.
 *
 * @param config - AudioSpecificConfig.
 */
export function aacFmtp(config: Uint8Array): string {
  return [
    'streamtype=5',
    'profile-level-id=1',
    'mode=AAC-hbr',
    'sizelength=13',
    'indexlength=3',
    'indexdeltalength=3',
    `config=${Buffer.from(config).toString('hex')}`,
  ].join(';')
}

function readObjectType(bits: BitReader): number {
  const type = bits.read(5)
  return type === escapeObjectType ? 32 + bits.read(6) : type
}

function readSampleRate(bits: BitReader): number {
  const index = bits.read(4)
  const rate = index === explicitSampleRate ? bits.read(24) : sampleRates[index]
  if (rate === undefined || rate === 0) {
    throw new RangeError(`AudioSpecificConfig: expected a sample rate, got the reserved ${index}`)
  }
  return rate
}

/** Reads numbers of a few bits from the bytes of a header, highest bit first. */
class BitReader {
  readonly #bytes: Uint8Array
  #offsetBits = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(countBits: number): number {
    let value = 0
    for (let index = 0; index < countBits; index++) {
      const byte = this.#bytes[this.#offsetBits >> 3]
      if (byte === undefined) {
        throw new RangeError(`AudioSpecificConfig: expected more than ${this.#bytes.length} bytes`)
      }
      value = (value << 1) | ((byte >> (7 - (this.#offsetBits & 7))) & 1)
      this.#offsetBits++
    }
    return value
  }
}
