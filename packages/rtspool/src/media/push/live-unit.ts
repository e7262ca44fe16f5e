/** Time of an access unit (picture or frame of sound), and whether it is a key frame; all optional. */
export interface AccessUnitOptions {
  /**
   * Presentation time in seconds, on a clock that all tracks of the media share and that may begin
   * anywhere. It may be below that of the unit before, for pictures that are shown in another order.
   * @default sound follows the sound before; pictures follow by `frameRate`, or have the time of writing
   */
  readonly pts?: number | undefined
  /**
   * True if a decoder can begin with the access unit.
   * @default the bytes tell
   */
  readonly keyFrame?: boolean | undefined
}

/** An access unit (picture or frame of sound) for a stream, with its time and kind. */
export interface TimedUnit extends AccessUnitOptions {
  readonly data: Uint8Array
}

/** An access unit (picture or frame of sound) in a stream. Plain bytes stand for a unit without a time. */
export type LiveUnit = Uint8Array | TimedUnit
