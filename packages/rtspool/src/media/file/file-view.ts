/** Bytes that can be read like a file: those of the file itself, or of the file with a repaired index. */
export interface FileView {
  readonly sizeBytes: number
  /**
   * Reads the bytes from position `start` up to, but not including, `end`.
   *
   * @returns Exactly these bytes, in memory that nobody else writes to.
   */
  read(start: number, end: number): Promise<Uint8Array>
}

/** A repair of a faulty file, found once and applied each time the file is opened. */
export interface FileRepair {
  /** Returns a view of an open file: reading it yields the repaired bytes, and the file itself stays unchanged. */
  readonly present: (file: FileView) => FileView
  /** Descriptions, for a log, of the parts of the file that cannot be played. */
  readonly leftOut: readonly string[]
}
