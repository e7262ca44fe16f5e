import type { FileHandle } from 'node:fs/promises'
import { diskTurns } from '../disk-turns.js'

/**
 * Minimum bytes of one disk operation, so that the boxes in front of the media data of a fragment need one operation.
 */
const windowBytes = 8 * 1024

/**
 * Reads an open file at positions that are mostly near each other. Each disk operation waits for its turn, see
 * `DiskTurns`. The caller closes the file.
 */
export class FileReader {
  readonly #folder: string
  readonly #file: FileHandle
  #at = 0
  #window: Buffer = Buffer.alloc(0)

  /** @param folder - Folder of the recording, for whose disk each read waits its turn. */
  constructor(folder: string, file: FileHandle) {
    this.#folder = folder
    this.#file = file
  }

  async sizeBytes(): Promise<number> {
    const { size } = await diskTurns.run(this.#folder, () => this.#file.stat())
    return size
  }

  /**
   * Returns `count` bytes from a position in bytes, as a view of memory that nobody changes later.
   *
   * @throws {RangeError} The file ends before.
   */
  async read(position: number, count: number): Promise<Buffer> {
    const from = position - this.#at
    if (from < 0 || from + count > this.#window.length) {
      this.#window = await this.#readAt(position, Math.max(count, windowBytes))
      this.#at = position
    }
    const bytes = this.#window.subarray(position - this.#at, position - this.#at + count)
    if (bytes.length < count) throw new RangeError('the file is shorter than before')
    return bytes
  }

  #readAt(position: number, count: number): Promise<Buffer> {
    return diskTurns.run(this.#folder, async () => {
      const bytes = Buffer.allocUnsafe(count)
      const { bytesRead } = await this.#file.read(bytes, 0, count, position)
      return bytes.subarray(0, bytesRead)
    })
  }
}
