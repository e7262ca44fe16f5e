import { Fragments } from './fragments.js'
import { type Frame, type FrameReader, noFrames } from './frame-depacketizer.js'

/**
 * Returns each payload as one frame, for encodings that never split a frame: Opus, G.711, PCM and
 * others.
 */
export class WholeFrameReader implements FrameReader {
  readonly isOpen = false

  read(payload: Buffer, timestamp: number): readonly Frame[] {
    return [{ data: payload, timestamp }]
  }

  flush(): readonly Frame[] {
    return noFrames
  }

  reset(): void {}
}

const mpegHeaderBytes = 4
/**
 * Maximum size in bytes of a unit of MPEG audio; a larger one is dropped as malformed. A frame has
 * at most some 2,900 bytes, and a packet may hold several.
 */
const maxMpegBytes = 64 * 1024

/**
 * Joins the fragments of MPEG audio frames (RFC 2250 section 3.5). A fragment states its offset,
 * but not the size of the frame. So a frame is complete only when the next one begins. A packet
 * with several small frames is one unit.
 */
export class MpegAudioReader implements FrameReader {
  readonly #fragments = new Fragments()
  #timestamp = 0

  get isOpen(): boolean {
    return this.#fragments.isOpen
  }

  read(payload: Buffer, timestamp: number): readonly Frame[] | undefined {
    if (payload.length <= mpegHeaderBytes) return undefined
    const offset = payload.readUInt16BE(2)
    const piece = payload.subarray(mpegHeaderBytes)
    if (offset === 0) {
      const before = this.flush()
      this.#timestamp = timestamp
      this.#fragments.add(piece)
      return before
    }
    if (offset !== this.#fragments.sizeBytes || timestamp !== this.#timestamp) return undefined
    if (offset + piece.length > maxMpegBytes) return undefined
    this.#fragments.add(piece)
    return noFrames
  }

  flush(): readonly Frame[] {
    if (!this.isOpen) return noFrames
    return [{ data: this.#fragments.join(), timestamp: this.#timestamp }]
  }

  reset(): void {
    this.#fragments.reset()
  }
}

const ac3HeaderBytes = 2

/**
 * Joins the fragments of AC-3 and E-AC-3 frames. Each fragment states how many fragments the frame
 * has (RFC 4184 section 4.1.1, RFC 4598 section 4.1).
 */
export class Ac3Reader implements FrameReader {
  readonly #fragments = new Fragments()
  readonly #typeMask: number
  #timestamp = 0

  constructor(encoding: 'ac3' | 'eac3') {
    this.#typeMask = encoding === 'ac3' ? 3 : 1
  }

  get isOpen(): boolean {
    return this.#fragments.isOpen
  }

  read(payload: Buffer, timestamp: number): readonly Frame[] | undefined {
    if (payload.length <= ac3HeaderBytes) return undefined
    const isPiece = ((payload[0] as number) & this.#typeMask) !== 0
    const count = payload[1] as number
    const data = payload.subarray(ac3HeaderBytes)
    if (!isPiece) return this.isOpen ? undefined : [{ data, timestamp }]
    if (this.isOpen && timestamp !== this.#timestamp) return undefined
    this.#timestamp = timestamp
    this.#fragments.add(data)
    if (this.#fragments.count > count) return undefined
    return this.#fragments.count === count
      ? [{ data: this.#fragments.join(), timestamp }]
      : noFrames
  }

  flush(): readonly Frame[] {
    return noFrames
  }

  reset(): void {
    this.#fragments.reset()
  }
}
