import { asBuffer } from './nal-units.js'
import { maxUnitBytes, type UnitSplitter } from './unit-splitter.js'

const startOfImage = Buffer.from([0xff, 0xd8, 0xff])
const endOfImage = Buffer.from([0xff, 0xd9])

/** Splits a byte stream of JPEG pictures. Pictures must not contain others, such as thumbnails. */
export class JpegSplitter implements UnitSplitter {
  #pending: Buffer = Buffer.alloc(0)
  #searchFrom = 0

  push(chunk: Uint8Array): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, asBuffer(chunk)])
    const pictures: Buffer[] = []
    for (;;) {
      const start = this.#pending.indexOf(startOfImage)
      const from = Math.max(this.#searchFrom, start + startOfImage.length)
      const end = start < 0 ? -1 : this.#pending.indexOf(endOfImage, from)
      if (end < 0) break
      pictures.push(this.#pending.subarray(start, end + endOfImage.length))
      this.#pending = this.#pending.subarray(end + endOfImage.length)
      this.#searchFrom = 0
    }
    this.#searchFrom = Math.max(0, this.#pending.length - 1)
    if (this.#pending.length > maxUnitBytes) this.flush()
    return pictures
  }

  flush(): Buffer[] {
    this.#pending = Buffer.alloc(0)
    this.#searchFrom = 0
    return []
  }
}
