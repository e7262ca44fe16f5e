/** JPEG of a snapshot that the cache keeps for further requests. */
export interface KeptJpeg {
  readonly bytes: Buffer
  /** Identifier of the key frame that the JPEG shows, see `Picture.id`. */
  readonly pictureId: string
  readonly unixTimeMs: number | undefined
  /** Time of the monotonic clock in milliseconds at which the picture was last found to be the newest key frame. */
  readonly takenMs: number
}

/** Keeps the last JPEG of each media and width. Above its limit it drops the oldest. */
export class JpegCache {
  /** Kept JPEGs by their keys, which name media and width; the oldest first. */
  readonly #kept = new Map<string, KeptJpeg>()
  #sizeBytes = 0

  /** Total bytes of all JPEGs in the cache. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get(key: string): KeptJpeg | undefined {
    return this.#kept.get(key)
  }

  /** Keeps a JPEG in place of that with the same key. @param maxBytes - Limit on the bytes of all JPEGs together. */
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
