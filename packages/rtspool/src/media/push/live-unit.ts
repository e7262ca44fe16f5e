/** Time and kind of an access unit; all optional. */
export interface AccessUnitOptions {
  /**
   * Presentation time in seconds, on a clock that all tracks of the media share and that may begin
   * anywhere. It may be below that of the unit before, for pictures that are shown in another order.
   * @default sound follows the sound before; pictures follow by `frameRate`, or have the time of writing
   */
  readonly pts?: number | undefined
  /**
   * True if a decoder can begin with the unit.
   * @default the bytes tell
   */
  readonly keyFrame?: boolean | undefined
}

/** An access unit with its time. */
export interface TimedUnit extends AccessUnitOptions {
  readonly data: Uint8Array
}

/** An access unit in a stream. Plain bytes are a unit without a time. */
export type LiveUnit = Uint8Array | TimedUnit
