import { Fragments } from './fragments.js'
import { type Frame, type FrameReader, noFrames } from './frame-depacketizer.js'

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
