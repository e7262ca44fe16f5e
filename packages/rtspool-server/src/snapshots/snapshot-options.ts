/** Settings of snapshots. */
export interface SnapshotOptions {
  /** Program that converts pictures to JPEG, by name or path; `false` = snapshots are MP4 only. */
  readonly ffmpeg: string | false
  /** Age in seconds up to which a kept JPEG serves further requests. 0 = each new key frame is converted. */
  readonly cacheSeconds: number
  /** Maximum number of conversion programs that run at a time; at least 1. */
  readonly maxProcesses: number
  /** Seconds after which a conversion program is ended that has not converted its picture. */
  readonly timeoutSeconds: number
  /** Time in seconds for which a snapshot waits for a key frame of a media that plays. 0 = not at all. */
  readonly waitSeconds: number
  /** Time in seconds in which a source that a snapshot has started must send a key frame. */
  readonly startSeconds: number
  /** Maximum bytes of all kept JPEGs together. 0 = none is kept. */
  readonly maxCachedBytes: number
}

export const snapshotDefaults = Object.freeze({
  ffmpeg: 'ffmpeg',
  cacheSeconds: 2,
  maxProcesses: 2,
  timeoutSeconds: 10,
  waitSeconds: 3,
  startSeconds: 15,
  maxCachedBytes: 32 * 1024 * 1024,
}) satisfies SnapshotOptions
