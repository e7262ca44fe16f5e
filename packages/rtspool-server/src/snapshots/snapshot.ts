import type { KeptJpeg } from './jpeg-cache.js'
import type { Picture } from './picture.js'
import { SnapshotError } from './snapshot-error.js'

export type SnapshotFormat = 'jpeg' | 'mp4'

/** Wishes of a caller for one snapshot: its format and width. */
export interface SnapshotWish {
  /** File format of the snapshot. @default JPEG if the server can make one, otherwise MP4 */
  readonly format?: SnapshotFormat | undefined
  /** Greatest width of a JPEG in pixels. @default that of the picture */
  readonly width?: number | undefined
  /** Signal that ends the wait for a key frame, because the caller has left. */
  readonly signal: AbortSignal
}

/** Snapshot: one picture of a media as a JPEG or MP4 file. */
export interface Snapshot {
  readonly contentType: 'image/jpeg' | 'video/mp4'
  readonly bytes: Buffer
  /** Wall clock of the source at the picture, in milliseconds since 1970; `undefined` if unknown. */
  readonly unixTimeMs: number | undefined
}

/** Picture as MP4, which a program must convert for a caller who wants JPEG. */
export type CodedPicture = Extract<Picture, { readonly mp4: Buffer }>

/**
 * Returns a picture of MJPEG, for which no program runs: it keeps its size, whatever width the
 * caller wants.
 *
 * @throws {SnapshotError} `noPicture` for a caller who wants MP4.
 */
export function ownJpeg(
  { jpeg, unixTimeMs }: Picture & { readonly jpeg: Buffer },
  wish: SnapshotWish,
): Snapshot {
  if (wish.format !== 'mp4') return { contentType: 'image/jpeg', bytes: jpeg, unixTimeMs }
  throw new SnapshotError('noPicture', 'the pictures are JPEG, and MP4 cannot hold them')
}

/** Creates a snapshot in MP4. */
export const mp4Snapshot = ({ mp4, unixTimeMs }: CodedPicture): Snapshot => ({
  ...{ contentType: 'video/mp4', bytes: mp4, unixTimeMs },
})

/** Creates a snapshot of a JPEG that a program has made. */
export const jpegSnapshot = ({ bytes, unixTimeMs }: KeptJpeg): Snapshot => ({
  ...{ contentType: 'image/jpeg', bytes, unixTimeMs },
})
