import { Fragments } from './fragments.js'
import { type Frame, type FrameReader, noFrames } from './frame-depacketizer.js'

const ticksPerUnit = 1024
/** Value of a length byte in LATM that is followed by another one. The length is the sum of the bytes. */
const longLength = 255
/**
 * Maximum size of an element in bytes; a larger one is dropped. A frame of AAC has at most 6144
 * bits a channel, and an element up to 64 frames.
 */
const maxElementBytes = 512 * 1024

/**
 * Reads access units of MPEG-4 audio in LATM without configuration in the stream: `cpresent=0` (RFC 6416 section 6).
 *
 * ```text
 *  packet, …, packet with marker = one element: { length (255 255 … n), access unit } …
 * ```
 */
export class LatmReader implements FrameReader {
  readonly #fragments = new Fragments()
  #timestamp = 0

  get isOpen(): boolean {
    return this.#fragments.isOpen
  }

  read(payload: Buffer, timestamp: number, hasMarker: boolean): readonly Frame[] | undefined {
    if (this.isOpen && timestamp !== this.#timestamp) return undefined
    if (hasMarker && !this.isOpen) return unitsOf(payload, timestamp)
    this.#timestamp = timestamp
    this.#fragments.add(payload)
    if (this.#fragments.sizeBytes > maxElementBytes) return undefined
    return hasMarker ? unitsOf(this.#fragments.join(), timestamp) : noFrames
  }

  flush(): readonly Frame[] {
    return noFrames
  }

  reset(): void {
    this.#fragments.reset()
  }
}

/** Splits an element into its access units. @returns `undefined` if an access unit is cut off */
function unitsOf(element: Buffer, timestamp: number): readonly Frame[] | undefined {
  const frames: Frame[] = []
  for (let offset = 0; offset < element.length; ) {
    let size = 0
    let field = longLength
    while (field === longLength && offset < element.length) {
      field = element[offset++] as number
      size += field
    }
    const end = offset + size
    if (field === longLength || end > element.length) return undefined
    const at = (timestamp + frames.length * ticksPerUnit) >>> 0
    if (size > 0) frames.push({ data: element.subarray(offset, end), timestamp: at })
    offset = end
  }
  return frames
}

/**
 * Returns whether the parameters of an `a=fmtp` say that the stream has no configuration (`cpresent=0`). A stream
 * without `cpresent` has a configuration.
 */
export function isLatmWithoutConfiguration(parameters = ''): boolean {
  return /(^|;)\s*cpresent\s*=\s*0\s*(;|$)/i.test(parameters)
}
