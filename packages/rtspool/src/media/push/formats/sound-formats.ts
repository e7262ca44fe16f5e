import { checkInteger, checkOptions, kindOf } from '../../../option-checks.js'
import {
  AdtsSplitter,
  opusSamplesOf,
  parseAdtsHeader,
  parseAudioSpecificConfig,
} from '../../../rtp/index.js'
import { type AacTrack, aacTrack } from '../../coded/aac-track.js'
import type { CodedTrack } from '../../coded/coded-track.js'
import { opusTrack } from '../../coded/opus-track.js'
import type { ReadUnit, UnitFormat, UnitReader } from './track-format.js'

/** Options of {@link aac}; all optional. */
export interface AacFormatOptions {
  /**
   * AudioSpecificConfig of the encoder, such as `decoderConfig.description` of WebCodecs. Access units without ADTS
   * headers need it.
   * @default none: the ADTS headers state it
   */
  readonly configuration?: Uint8Array | undefined
}

/**
 * Returns the format of an AAC track. An access unit is one frame, raw or with an ADTS header. Several frames with
 * headers may be written at once.
 *
 * @throws {RangeError} The configuration cannot be read.
 * @throws {TypeError} Names the wrong option.
 */
export function aac(options: AacFormatOptions = {}): UnitFormat {
  checkOptions('aac', options, ['configuration'])
  const { configuration } = options
  if (configuration !== undefined) {
    if (!(configuration instanceof Uint8Array)) {
      throw new TypeError(`configuration must be a Uint8Array, got ${kindOf(configuration)}`)
    }
    parseAudioSpecificConfig(configuration)
  }
  const config = configuration && Buffer.from(configuration)
  return {
    encoding: 'mpeg4-generic',
    kind: 'audio',
    open: (payloadType) => new AacReader(payloadType, config),
    split: () => new AdtsSplitter(),
  }
}

class AacReader implements UnitReader {
  readonly pendingTicks = 0
  readonly #payloadType: number
  #config: Buffer | undefined
  #coded: AacTrack | undefined

  constructor(payloadType: number, config: Buffer | undefined) {
    this.#payloadType = payloadType
    if (config) this.#adopt(config)
  }

  get coded(): CodedTrack | undefined {
    return this.#coded
  }

  get isComplete(): boolean {
    return this.#coded !== undefined
  }

  read(bytes: Uint8Array): readonly ReadUnit[] | undefined {
    const units: ReadUnit[] = []
    let offset = 0
    while (offset < bytes.length) {
      const header = parseAdtsHeader(bytes.subarray(offset))
      const end = header ? offset + header.frameBytes : bytes.length
      if (header) {
        if (header.frameBytes <= header.sizeBytes || end > bytes.length) break
        if (!this.#states(header.config)) this.#adopt(header.config)
      } else if (offset > 0) break
      if (!this.#coded) break
      const ticks = this.#coded.samplesPerAccessUnit
      units.push({ bytes: bytes.subarray(offset, end), isKey: true, ticks })
      offset = end
    }
    return units.length > 0 ? units : undefined
  }

  flush(): undefined {
    return undefined
  }

  /**
   * Returns whether the configuration `config` from an ADTS header agrees with the present one. Headers cannot state
   * SBR, so any header agrees with a longer present configuration.
   */
  #states(config: Uint8Array): boolean {
    if (!this.#config) return false
    if (this.#config.equals(config)) return true
    return this.#config.length > config.length
  }

  #adopt(config: Uint8Array): void {
    this.#config = Buffer.from(config)
    this.#coded = aacTrack(config, { payloadType: this.#payloadType })
  }
}

/** Options of {@link opus}; all optional. */
export interface OpusFormatOptions {
  /**
   * Number of channels of the sound, 1 or 2.
   * @default 2
   */
  readonly channels?: number | undefined
}

/**
 * Returns the format of an Opus track. An access unit is one Opus packet.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export function opus(options: OpusFormatOptions = {}): UnitFormat {
  checkOptions('opus', options, ['channels'])
  const channels = checkInteger('channels', options.channels ?? 2, 1, 2)
  return {
    encoding: 'opus',
    kind: 'audio',
    open: (payloadType): UnitReader => ({
      coded: opusTrack(channels, payloadType),
      isComplete: true,
      pendingTicks: 0,
      read: (bytes) => {
        const ticks = opusSamplesOf(bytes)
        return ticks > 0 ? [{ bytes, isKey: true, ticks }] : undefined
      },
      flush: () => undefined,
    }),
  }
}
