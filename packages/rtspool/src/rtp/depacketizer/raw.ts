import type { PictureReader } from './picture-depacketizer.js'

/** Keeps each payload of an unknown encoding as one part. */
export class RawReader implements PictureReader {
  readonly isOpen = false

  read(payload: Buffer, parts: Buffer[]): boolean {
    parts.push(payload)
    return true
  }

  beginsUnit(): boolean {
    return false
  }

  reset(): void {}
}
