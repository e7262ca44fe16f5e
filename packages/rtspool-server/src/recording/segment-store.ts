import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { diskTurns } from './disk-turns.js'

/** Open MP4 file in which a recorder writes one segment, such as an hour of a recording. */
export interface SegmentFile {
  /** Name of the file, relative to the folder of the recording. */
  readonly name: string
  /**
   * Appends bytes to the file, all or none.
   *
   * @param pieces - The bytes in pieces, of which none may change before the promise settles.
   * @throws The error of the system, such as `ENOSPC`.
   */
  append(pieces: readonly Buffer[]): Promise<void>
  close(): Promise<void>
}

/** Storage in which recorders create the files of segments. */
export interface SegmentStore {
  /**
   * Creates a file that begins with `head`, and the folders in its name. Adds a number to a name that is taken.
   *
   * @throws The error of the system. No file is left then.
   */
  create(folder: string, name: string, head: Buffer): Promise<SegmentFile>
}

const maxSameNames = 1000
/**
 * Number of appends between two checks whether an open file has been deleted. Each append writes a fragment of about
 * 1 s, so a deletion is noticed within some 10 s.
 */
const appendsPerCheck = 10

/** Store that writes files to a disk. Each operation waits for its turn, see `DiskTurns`. */
export const diskStore: SegmentStore = {
  create: (folder, name, head) => diskTurns.run(folder, () => createFile(folder, name, head)),
}

async function createFile(folder: string, name: string, head: Buffer): Promise<DiskFile> {
  for (let number = 1; ; number++) {
    // In each round, because the folder is removed when its last file is.
    await mkdir(dirname(join(folder, name)), { recursive: true })
    const free = number === 1 ? name : name.replace(/\.mp4$/, `-${number}.mp4`)
    try {
      // No other recorder can have the file, not even one of another process: the system refuses a name that is taken.
      const handle = await open(join(folder, free), 'wx')
      return await begin(new DiskFile(folder, free, handle), head)
    } catch (error) {
      const isTaken = codeOf(error) === 'EEXIST' || (codeOf(error) === 'ENOENT' && number === 1)
      if (!isTaken || number === maxSameNames) throw error
    }
  }
}

/**
 * Writes the first bytes of a new file. If this fails, removes the file, which no reader could recognize as a segment.
 */
async function begin(file: DiskFile, head: Buffer): Promise<DiskFile> {
  try {
    await file.begin(head)
    return file
  } catch (error) {
    await file.discard()
    throw error
  }
}

/** Returns the code of an error of the system, such as `ENOSPC`; `undefined` for other errors. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : undefined
}

class DiskFile implements SegmentFile {
  readonly name: string
  readonly #folder: string
  readonly #handle: FileHandle
  #sizeBytes = 0
  #appendCount = 0

  constructor(folder: string, name: string, handle: FileHandle) {
    this.#folder = folder
    this.name = name
    this.#handle = handle
  }

  /** Writes the first bytes of the file. The caller must run this function in a turn of the disk (`diskTurns.run`). */
  async begin(head: Buffer): Promise<void> {
    const { dev } = await this.#handle.stat()
    diskTurns.learnDevice(this.#folder, dev)
    await this.#write([head])
  }

  /**
   * Removes a file that could not be begun. The caller must run this function in a turn of the disk (`diskTurns.run`).
   */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {})
    await unlink(join(this.#folder, this.name)).catch(() => {})
  }

  append(pieces: readonly Buffer[]): Promise<void> {
    return diskTurns.run(this.#folder, async () => {
      if (this.#appendCount++ % appendsPerCheck === 0) await this.#checkName()
      await this.#write(pieces)
    })
  }

  close(): Promise<void> {
    return diskTurns.run(this.#folder, () => this.#handle.close())
  }

  /** Checks that the file has not been deleted: further bytes would be lost. @throws `ENOENT` if somebody has. */
  async #checkName(): Promise<void> {
    const { nlink } = await this.#handle.stat()
    if (nlink > 0) return
    const text = `ENOENT: ${this.name} was deleted while it was written`
    throw Object.assign(new Error(text), { code: 'ENOENT' })
  }

  async #write(pieces: readonly Buffer[]): Promise<void> {
    const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0)
    try {
      let rest = pieces
      for (let done = 0; done < sizeBytes; ) {
        const { bytesWritten } = await this.#handle.writev(rest, this.#sizeBytes + done)
        done += bytesWritten
        // The system may write only a part.
        if (done < sizeBytes) rest = [Buffer.concat(pieces).subarray(done)]
      }
    } catch (error) {
      // A part of a fragment would confuse players. Where it cannot be removed, they skip it.
      await this.#handle.truncate(this.#sizeBytes).catch(() => {})
      throw error
    }
    this.#sizeBytes += sizeBytes
  }
}
