/**
 * Error for a file that cannot be read, used or written. Its message names the file.
 *
 * The error has no system error code, because startup messages would explain it as one of sockets.
 */
export class FileError extends Error {
  /**
   * Creates the error, whose message is the source, `cannot be` with `done`, and the cause.
   *
   * @param source - Name of the file, such as `bans.file bans.json`.
   * @param cause - Error of the system or of a parser.
   */
  constructor(source: string, done: 'read' | 'used' | 'written', cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`${source} cannot be ${done}: ${reason}`, { cause })
  }
}
