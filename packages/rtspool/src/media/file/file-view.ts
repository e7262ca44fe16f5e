/** Bytes that are read like a file: the file itself, or the file with a repaired index. */
export interface FileView {
  readonly sizeBytes: number
  /** @returns Exactly the bytes from `start` up to `end`, in memory that nobody else writes to. */
  read(start: number, end: number): Promise<Uint8Array>
}

/** A repair that is found once for a file and applied whenever the file is opened. */
export interface FileRepair {
  /** Applies the repair to the open file. */
  readonly present: (file: FileView) => FileView
  /** Descriptions, for a log, of the parts of the file that cannot be played. */
  readonly leftOut: readonly string[]
}
