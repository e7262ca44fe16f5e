/**
 * Error for a file that cannot be read, used or written. Its message names the file.
 *
 * The error has no code of the system: startup messages take such codes for those of sockets.
 */
export class FileError extends Error {
  /**
   * @param source - Name of the file, such as `bans.file bans.json`.
   * @param done - Completes "cannot be".
   */
  constructor(source: string, done: 'read' | 'used' | 'written', cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(`${source} cannot be ${done}: ${reason}`, { cause })
  }
}
