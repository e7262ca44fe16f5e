import type { PictureReader } from './picture-depacketizer.js'

/** Keeps each payload of an unknown encoding as one part. */
export class RawReader implements PictureReader {
  readonly isOpen = false

  read(packet: Buffer, start: number, end: number, parts: Buffer[]): boolean {
    parts.push(packet.subarray(start, end))
    return true
  }

  beginsUnit(): boolean {
    return false
  }

  reset(): void {}
}
