import { parseAdtsHeader } from './aac.js'
import { asBuffer } from './nal-units.js'
import type { UnitSplitter } from './unit-splitter.js'

/** Number of bytes of an ADTS header that must have arrived to read the size of its frame. */
const headerBytes = 7

/** Splits a byte stream of AAC into frames, each with its ADTS header. Bytes that belong to no frame are left out. */
export class AdtsSplitter implements UnitSplitter {
  #pending: Buffer = Buffer.alloc(0)

  push(chunk: Uint8Array): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, asBuffer(chunk)])
    const frames: Buffer[] = []
    let start = this.#pending.indexOf(0xff)
    while (start >= 0 && start + headerBytes <= this.#pending.length) {
      const header = parseAdtsHeader(this.#pending.subarray(start))
      if (!header || header.frameBytes <= header.sizeBytes) {
        start = this.#pending.indexOf(0xff, start + 1)
        continue
      }
      const end = start + header.frameBytes
      if (end > this.#pending.length) break
      frames.push(this.#pending.subarray(start, end))
      start = end
    }
    this.#pending = this.#pending.subarray(start < 0 ? this.#pending.length : start)
    return frames
  }

  flush(): Buffer[] {
    // A frame that is complete has been returned.
    this.#pending = Buffer.alloc(0)
    return []
  }
}
