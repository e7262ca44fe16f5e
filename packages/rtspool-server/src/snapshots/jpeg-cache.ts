/** A JPEG that is kept. */
export interface KeptJpeg {
  readonly bytes: Buffer
  /** Picture that it shows. */
  readonly pictureId: string
  readonly unixTimeMs: number | undefined
  /** Time of the clock in milliseconds at which the picture was last found to be the newest key frame. */
  readonly takenMs: number
}

/** Keeps the last JPEG of each media and width. Above its limit it drops the oldest. */
export class JpegCache {
  /** JPEGs by media and width, the oldest first. */
  readonly #kept = new Map<string, KeptJpeg>()
  #sizeBytes = 0

  /** Bytes of all that is kept. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get(key: string): KeptJpeg | undefined {
    return this.#kept.get(key)
  }

  /** Keeps a JPEG in place of the one before. @param maxBytes - Limit on all together. */
  set(key: string, jpeg: KeptJpeg, maxBytes: number): void {
    this.#drop(key)
    this.#kept.set(key, jpeg)
    this.#sizeBytes += jpeg.bytes.length
    for (const oldest of this.#kept.keys()) {
      if (this.#sizeBytes <= maxBytes) return
      this.#drop(oldest)
    }
  }

  clear(): void {
    this.#kept.clear()
    this.#sizeBytes = 0
  }

  #drop(key: string): void {
    this.#sizeBytes -= this.#kept.get(key)?.bytes.length ?? 0
    this.#kept.delete(key)
  }
}
