import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { diskTurns } from '../disk-turns.js'
import { FileReader } from './file-reader.js'
import { indexFile, type StoredFile } from './fragment-index.js'
import type { StoredSegment } from './segment-catalog.js'

/** Maximum number of files whose fragment positions are kept in memory: some 1 MB for a file of an hour. */
const maxFiles = 8

interface KnownIndex {
  readonly sizeBytes: number
  readonly index: Promise<StoredFile>
}

/**
 * Keeps the positions of the fragments in the 8 files used last. A player who reads one part after the other does not
 * make the disk read the whole file each time. A file that has grown is read from its former end on.
 */
export class FileIndexes {
  readonly #known = new Map<string, KnownIndex>()

  /**
   * Returns the positions and times of the fragments of a file, from memory if its size is the same.
   *
   * @param folder - Folder of the recording.
   * @throws The error of the system, or a `RangeError` for a file that is no segment.
   */
  read(folder: string, { file, sizeBytes }: StoredSegment): Promise<StoredFile> {
    const name = join(folder, file)
    const known = this.#known.get(name)
    this.#known.delete(name)
    const isSame = known?.sizeBytes === sizeBytes
    const index = isSame ? known.index : readIndex(folder, name, known)
    this.#known.set(name, { sizeBytes, index })
    index.catch(() => this.#known.delete(name))
    const [oldest] = this.#known.keys()
    if (this.#known.size > maxFiles && oldest !== undefined) this.#known.delete(oldest)
    return index
  }
}

async function readIndex(
  folder: string,
  name: string,
  known: KnownIndex | undefined,
): Promise<StoredFile> {
  const before = await known?.index
  const file = await diskTurns.run(folder, () => open(name))
  try {
    return await indexFile(new FileReader(folder, file), before)
  } finally {
    await diskTurns.run(folder, () => file.close())
  }
}
