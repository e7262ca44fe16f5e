import { Fragments } from './fragments.js'
import { type Frame, type FrameReader, noFrames } from './frame-depacketizer.js'

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
