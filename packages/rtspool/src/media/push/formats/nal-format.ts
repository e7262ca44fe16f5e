import { checkNumber, checkOptions, kindOf } from '../../../option-checks.js'
import {
  AnnexBSplitter,
  parameterSetsOf,
  parseAvcConfiguration,
  parseHevcConfiguration,
  splitAnnexB,
  splitLengthPrefixed,
} from '../../../rtp/index.js'
import type { CodedTrack } from '../../coded/coded-track.js'
import { h264 as h264Encoding } from '../../coded/h264.js'
import { h265 as h265Encoding } from '../../coded/h265.js'
import { type NalEncoding, nalTrack } from '../../coded/nal-track.js'
import type { ReadUnit, UnitFormat, UnitReader } from './track-format.js'

/** Options of {@link h264} and {@link h265}; all optional. */
export interface NalFormatOptions {
  /**
   * Decoder configuration record of the encoder (`avcC` or `hvcC`), such as `decoderConfig.description`
   * of WebCodecs. Without it, the parameter sets are found in the access units.
   * @default none
   */
  readonly configuration?: Uint8Array | undefined
  /**
   * Pictures per second, for access units that are written without a time: each is one picture later
   * than the one before. 0 = such access units have the time of their writing.
   * @default 0
   */
  readonly frameRate?: number | undefined
}

/** Size in bytes of the length field in front of a NAL unit, unless a configuration states another. */
const usualLengthSize = 4

interface NalRecord {
  readonly lengthSize: number
  readonly sets: readonly Buffer[]
}

/**
 * Returns the format of an H.264 track. An access unit is one picture with the units around it, with start codes
 * (annex B) or with lengths (AVCC).
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export const h264 = (options: NalFormatOptions = {}): UnitFormat =>
  nalFormat('h264', h264Encoding, options, (record) => {
    const { lengthSize, sps, pps } = parseAvcConfiguration(record)
    return { lengthSize, sets: [...sps, ...pps] }
  })

/**
 * Returns the format of an H.265 track. An access unit is one picture with the units around it, with start codes
 * (annex B) or with lengths (HVCC).
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export const h265 = (options: NalFormatOptions = {}): UnitFormat =>
  nalFormat('h265', h265Encoding, options, (record) => {
    const { lengthSize, vps, sps, pps } = parseHevcConfiguration(record)
    return { lengthSize, sets: [...vps, ...sps, ...pps] }
  })

function nalFormat(
  name: string,
  encoding: NalEncoding,
  options: NalFormatOptions,
  parse: (record: Uint8Array) => NalRecord,
): UnitFormat {
  checkOptions(name, options, ['configuration', 'frameRate'])
  const { configuration, frameRate = 0 } = options
  checkNumber('frameRate', frameRate)
  if (configuration !== undefined && !(configuration instanceof Uint8Array)) {
    throw new TypeError(`configuration must be a Uint8Array, got ${kindOf(configuration)}`)
  }
  // Copied, because the application may reuse its memory.
  const record = configuration && parse(Buffer.from(configuration))
  return {
    encoding: encoding.name,
    kind: 'video',
    unitSeconds: frameRate > 0 ? 1 / frameRate : undefined,
    open: (payloadType) => new NalReader(encoding, payloadType, record),
    split: () => new AnnexBSplitter(encoding.name),
  }
}

/** Reads access units of NAL units, and keeps the parameter sets that they contain. */
class NalReader implements UnitReader {
  readonly pendingTicks = 0
  readonly #encoding: NalEncoding
  readonly #payloadType: number
  readonly #lengthSize: number
  #sets: readonly Buffer[] = []
  #coded: CodedTrack

  constructor(encoding: NalEncoding, payloadType: number, record: NalRecord | undefined) {
    this.#encoding = encoding
    this.#payloadType = payloadType
    this.#lengthSize = record?.lengthSize ?? usualLengthSize
    this.#sets = record?.sets ?? []
    this.#coded = this.#code()
  }

  get coded(): CodedTrack {
    return this.#coded
  }

  get isComplete(): boolean {
    return this.#sets.length > 0
  }

  read(bytes: Uint8Array, isKey?: boolean): readonly ReadUnit[] | undefined {
    const units = this.#split(bytes)
    if (units.length === 0) return undefined
    this.#noteSets(this.#encoding.setsOf(units))
    // Some encoders write parameter sets apart from pictures. They are sent with the next key frame.
    if (!units.some(this.#encoding.isPicture)) return []
    return [{ bytes, isKey: isKey ?? units.some(this.#encoding.isKey), ticks: 0 }]
  }

  flush(): undefined {
    return undefined
  }

  #noteSets(sets: readonly Buffer[]): void {
    if (sets.length === 0 || areEqual(sets, this.#sets)) return
    this.#sets = sets.map((set) => Buffer.from(set))
    this.#coded = this.#code()
  }

  #code(): CodedTrack {
    return nalTrack(this.#encoding, {
      parameterSets: parameterSetsOf(this.#encoding.name, this.#sets),
      split: (bytes) => this.#split(bytes),
      payloadType: this.#payloadType,
    })
  }

  #split(bytes: Uint8Array): Buffer[] {
    const hasLengths = this.#lengthSize !== usualLengthSize || isLengthPrefixed(bytes)
    return hasLengths ? splitLengthPrefixed(bytes, this.#lengthSize) : splitAnnexB(bytes)
  }
}

const areEqual = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((set, index) => others[index]?.equals(set))

/**
 * Returns whether an access unit has length fields of four bytes, and not start codes: following the lengths leads
 * exactly to its end. A start code of four bytes would be a length of 1, and no picture has so short a unit. One of
 * three bytes would have to match the size of all that follows.
 */
function isLengthPrefixed(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset = 0
  while (offset + usualLengthSize <= bytes.length) {
    const sizeBytes = view.getUint32(offset)
    if (sizeBytes < 2) return false
    offset += usualLengthSize + sizeBytes
  }
  return offset === bytes.length && offset > 0
}
