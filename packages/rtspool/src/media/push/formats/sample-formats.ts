import { checkInteger, checkOptions, shown } from '../../../option-checks.js'
import { g711Track, packetBytesOf, pcmTrack, type SampleTrack } from '../../coded/sample-track.js'
import type { ReadUnit, UnitFormat, UnitReader } from './track-format.js'

/** Options of {@link pcmu} and {@link pcma}; all optional. */
export interface G711FormatOptions {
  /**
   * Sampling rate in Hz. Most receivers know 8000 only.
   * @default 8000
   */
  readonly sampleRate?: number | undefined
  /**
   * Number of interleaved channels.
   * @default 1
   */
  readonly channels?: number | undefined
}

/** Options of {@link l16}; all optional. */
export interface L16FormatOptions {
  /**
   * Sampling rate in Hz.
   * @default 48000
   */
  readonly sampleRate?: number | undefined
  /**
   * Number of interleaved channels.
   * @default 1
   */
  readonly channels?: number | undefined
  /**
   * Byte order of the written samples. Microphones and `ffmpeg -f s16le` write `little`.
   * @default 'little'
   */
  readonly byteOrder?: 'little' | 'big' | undefined
}

const maxSampleRate = 384_000
const maxChannels = 32

/**
 * Returns the format of a track of G.711 mu-law. Any number of samples may be written at once.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export const pcmu = (options: G711FormatOptions = {}): UnitFormat =>
  g711Format('pcmu', 'ulaw', options)

/**
 * Returns the format of a track of G.711 A-law. Any number of samples may be written at once.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export const pcma = (options: G711FormatOptions = {}): UnitFormat =>
  g711Format('pcma', 'alaw', options)

/**
 * Returns the format of a track of linear PCM with 16 bits. Any number of bytes may be written at once.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export function l16(options: L16FormatOptions = {}): UnitFormat {
  checkOptions('l16', options, ['sampleRate', 'channels', 'byteOrder'])
  const { byteOrder = 'little' } = options
  if (byteOrder !== 'little' && byteOrder !== 'big') {
    throw new TypeError(`byteOrder must be 'little' or 'big', got ${shown(byteOrder)}`)
  }
  const audio = checkAudio(options, 48_000)
  const pcm = { sampleBytes: 2, isLittleEndian: byteOrder === 'little', isSigned8: false } as const
  return sampleFormat('L16', (payloadType) => pcmTrack(pcm, audio, payloadType))
}

function g711Format(name: string, law: 'ulaw' | 'alaw', options: G711FormatOptions): UnitFormat {
  checkOptions(name, options, ['sampleRate', 'channels'])
  const audio = checkAudio(options, 8_000)
  return sampleFormat(name.toUpperCase(), (payloadType) => g711Track(law, audio, payloadType))
}

function checkAudio(
  { sampleRate, channels }: { sampleRate?: number | undefined; channels?: number | undefined },
  defaultRate: number,
) {
  return {
    sampleRate: checkInteger('sampleRate', sampleRate ?? defaultRate, 1, maxSampleRate),
    channels: checkInteger('channels', channels ?? 1, 1, maxChannels),
  }
}

const sampleFormat = (
  encoding: string,
  create: (payloadType: number) => SampleTrack,
): UnitFormat => ({
  encoding,
  kind: 'audio',
  open: (payloadType) => new SampleReader(create(payloadType)),
  // Pieces of any size are units already.
  split: () => ({ push: (chunk) => [Buffer.from(chunk)], flush: () => [] }),
})

/**
 * Cuts written samples into units of 20 ms, for one RTP packet each. Samples that do not fill a packet wait for more.
 */
class SampleReader implements UnitReader {
  readonly isComplete = true
  readonly coded: SampleTrack
  readonly #packetBytes: number
  #pending: Buffer = Buffer.alloc(0)

  constructor(coded: SampleTrack) {
    this.coded = coded
    this.#packetBytes = packetBytesOf(coded.clockRate, coded.instantBytes)
  }

  get pendingTicks(): number {
    return this.#pending.length / this.coded.instantBytes
  }

  read(bytes: Uint8Array): readonly ReadUnit[] {
    const all = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes
    const units: ReadUnit[] = []
    let start = 0
    for (; start + this.#packetBytes <= all.length; start += this.#packetBytes) {
      units.push(this.#unit(all.subarray(start, start + this.#packetBytes)))
    }
    this.#pending = Buffer.from(all.subarray(start))
    return units
  }

  flush(): ReadUnit | undefined {
    const pending = this.#pending
    this.#pending = Buffer.alloc(0)
    return pending.length >= this.coded.instantBytes ? this.#unit(pending) : undefined
  }

  #unit(bytes: Uint8Array): ReadUnit {
    return { bytes, isKey: true, ticks: bytes.length / this.coded.instantBytes }
  }
}
