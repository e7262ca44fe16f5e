import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** An open file of a segment. */
export interface SegmentFile {
  /** Name of the file, relative to the folder of the recording. */
  readonly name: string
  /**
   * Appends bytes, all or none.
   *
   * @throws The error of the system, such as `ENOSPC`.
   */
  append(bytes: Buffer): Promise<void>
  close(): Promise<void>
}

/** Creates the files of segments. */
export interface SegmentStore {
  /**
   * Creates a file with its first bytes, or none. If another one has its name, adds a number to the name.
   *
   * @throws The error of the system. There is no file then.
   */
  create(folder: string, name: string, head: Buffer): Promise<SegmentFile>
}

const maxSameNames = 1000

/** Files on a disk. */
export const diskStore: SegmentStore = {
  async create(folder, name, head) {
    for (let number = 1; ; number++) {
      // In each round, because the folder is removed when its last file is.
      await mkdir(dirname(join(folder, name)), { recursive: true })
      const free = number === 1 ? name : name.replace(/\.mp4$/, `-${number}.mp4`)
      try {
        return await begin(new DiskFile(free, await open(join(folder, free), 'wx')), folder, head)
      } catch (error) {
        const isTaken = codeOf(error) === 'EEXIST' || (codeOf(error) === 'ENOENT' && number === 1)
        if (!isTaken || number === maxSameNames) throw error
      }
    }
  },
}

/** Writes the first bytes of a file. A file that is not even begun would be found by nobody, and is removed. */
async function begin(file: DiskFile, folder: string, head: Buffer): Promise<DiskFile> {
  try {
    await file.append(head)
    return file
  } catch (error) {
    await file.close().catch(() => {})
    await unlink(join(folder, file.name)).catch(() => {})
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
  readonly #handle: FileHandle
  #sizeBytes = 0

  constructor(name: string, handle: FileHandle) {
    this.name = name
    this.#handle = handle
  }

  async append(bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          done,
          bytes.length - done,
          this.#sizeBytes + done,
        )
        done += bytesWritten
      }
    } catch (error) {
      // A part of a fragment would confuse players. Where it cannot be removed, they skip it.
      await this.#handle.truncate(this.#sizeBytes).catch(() => {})
      throw error
    }
    this.#sizeBytes += bytes.length
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}
