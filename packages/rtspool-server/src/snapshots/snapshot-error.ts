/**
 * Cause for which there is no snapshot. `idle`: nothing plays. `noKeyFrame`: none has arrived yet. `noPicture`: the
 * media has no picture that can be shown. `noJpeg`: only MP4 is possible. `busy`: too many conversions wait, or the
 * server is closing.
 */
export type SnapshotCause = 'idle' | 'noKeyFrame' | 'noPicture' | 'noJpeg' | 'busy'

/** Error of a snapshot that cannot be made. Its message is one sentence for the caller. */
export class SnapshotError extends Error {
  readonly reason: SnapshotCause

  constructor(reason: SnapshotCause, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SnapshotError'
    this.reason = reason
  }
}
