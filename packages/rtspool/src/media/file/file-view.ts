/** Bytes that are read as a file: the file itself, or the file as a repaired index presents the bytes. */
export interface FileView {
  readonly sizeBytes: number
  /** @returns Exactly the bytes from `start` up to `end`, in memory that nobody else writes to. */
  read(start: number, end: number): Promise<Uint8Array>
}

/** A repair that is worked out once for a file, and that every reading of the file uses. */
export interface FileRepair {
  /** Presents the open file with the repair. */
  readonly present: (file: FileView) => FileView
  /** Parts of the file that nobody plays, in words for a log. */
  readonly leftOut: readonly string[]
}
