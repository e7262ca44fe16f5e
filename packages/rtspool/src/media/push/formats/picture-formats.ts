import { checkNumber, checkOptions } from '../../../option-checks.js'
import {
  Av1Payloader,
  av1ObuTypes,
  isVp8KeyFrame,
  isVp9KeyFrame,
  JpegPayloader,
  JpegSplitter,
  parseJpeg,
  splitAv1TemporalUnit,
  type UnitSplitter,
  Vp8Payloader,
  Vp9Payloader,
} from '../../../rtp/index.js'
import { type PictureEncoding, pictureTrack } from '../../coded/picture-track.js'
import type { UnitFormat, UnitReader } from './track-format.js'

/** Options of {@link av1}, {@link vp8}, {@link vp9} and {@link mjpeg}; all optional. */
export interface PictureFormatOptions {
  /**
   * Pictures per second, for access units that are written without a time: each is one picture later
   * than the one before. 0 = such access units have the time of their writing.
   * @default 0
   */
  readonly frameRate?: number | undefined
}

/**
 * Returns the format of a VP8 track. An access unit is one frame.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export const vp8 = (options: PictureFormatOptions = {}): UnitFormat =>
  pictureFormat('vp8', options, {
    name: 'VP8',
    isKey: (frame) => frame.length > 0 && isVp8KeyFrame(frame[0] as number),
    createPayloader: (start) => new Vp8Payloader(start),
  })

/**
 * Returns the format of a VP9 track without layers. An access unit is one frame, or one superframe.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export const vp9 = (options: PictureFormatOptions = {}): UnitFormat =>
  pictureFormat('vp9', options, {
    name: 'VP9',
    isKey: (frame) => frame.length > 0 && isVp9KeyFrame(frame[0] as number),
    createPayloader: (start) => new Vp9Payloader(start),
  })

/**
 * Returns the format of an AV1 track. An access unit is one temporal unit in the low-overhead format, as encoders and
 * files have it. Its key frames contain the sequence header.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export const av1 = (options: PictureFormatOptions = {}): UnitFormat =>
  pictureFormat('av1', options, {
    name: 'AV1',
    isKey: (unit) =>
      splitAv1TemporalUnit(unit)?.some(({ type }) => type === av1ObuTypes.sequenceHeader),
    createPayloader: (start) => new Av1Payloader(start),
  })

/**
 * Returns the format of a track of JPEG pictures. An access unit is one baseline picture: 4:2:0 or 4:2:2, with the
 * Huffman tables of the standard, up to 2040x2040 (RFC 2435).
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export const mjpeg = (options: PictureFormatOptions = {}): UnitFormat =>
  pictureFormat(
    'mjpeg',
    options,
    {
      name: 'JPEG',
      // RFC 3551 table 5
      staticPayloadType: 26,
      isKey: (picture) => (typeof parseJpeg(picture) === 'string' ? undefined : true),
      createPayloader: (start) => new JpegPayloader(start),
    },
    () => new JpegSplitter(),
  )

function pictureFormat(
  name: string,
  options: PictureFormatOptions,
  encoding: PictureEncoding,
  split?: () => UnitSplitter,
): UnitFormat {
  checkOptions(name, options, ['frameRate'])
  const { frameRate = 0 } = options
  checkNumber('frameRate', frameRate)
  return {
    encoding: encoding.name,
    kind: 'video',
    unitSeconds: frameRate > 0 ? 1 / frameRate : undefined,
    open: (payloadType) => new PictureReader(encoding, payloadType),
    ...(split ? { split } : {}),
  }
}

/** Reads pictures, one for each write, of codecs without parameter sets. */
class PictureReader implements UnitReader {
  readonly isComplete = true
  readonly pendingTicks = 0
  readonly coded
  readonly #encoding: PictureEncoding

  constructor(encoding: PictureEncoding, payloadType: number) {
    this.#encoding = encoding
    this.coded = pictureTrack(encoding, payloadType)
  }

  read(bytes: Uint8Array, isKey?: boolean) {
    const isKeyFrame = bytes.length > 0 ? this.#encoding.isKey(bytes) : undefined
    if (isKeyFrame === undefined) return undefined
    return [{ bytes, isKey: isKey ?? isKeyFrame, ticks: 0 }]
  }

  flush(): undefined {
    return undefined
  }
}
