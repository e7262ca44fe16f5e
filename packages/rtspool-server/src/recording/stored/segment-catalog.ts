import type { Dirent } from 'node:fs'
import { type FileHandle, open, readdir, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { randomAccessBytes } from '../../fmp4/random-access.js'
import { diskTurns } from '../disk-turns.js'
import type { RecordingPlan } from '../recording-plan.js'
import {
  endBoxBytes,
  maxHeadBytes,
  parseEnd,
  parseFacts,
  type SegmentFacts,
} from '../segment-facts.js'
import { codeOf } from '../segment-store.js'

/** File of a recording on the disk, and facts of the segment in it. */
export interface StoredSegment extends SegmentFacts {
  /** Name of the file, relative to the folder of the recording. */
  readonly file: string
  /**
   * End of the last picture on the clock of this machine, in milliseconds since 1970. A file that was not closed ends
   * at its last write.
   */
  readonly endMs: number
  readonly sizeBytes: number
  /** True if the recorder has closed the file with the box for the end, and writes no more. */
  readonly isClosed: boolean
  /** Time of the last change of the file on the clock of the disk, in milliseconds since 1970. */
  readonly changedMs: number
}

interface KnownFile {
  readonly sizeBytes: number
  readonly changedMs: number
  readonly segment: StoredSegment | undefined
}

/**
 * Lists the files of a recording. The files themselves are the index: each has its recording, path and times. The
 * facts read from a file are kept until the file changes.
 */
export class SegmentCatalog {
  readonly #folder: string
  readonly #recording: string
  #known = new Map<string, KnownFile>()
  #listing: Promise<readonly StoredSegment[]> | undefined

  constructor({ folder, name }: Pick<RecordingPlan, 'folder' | 'name'>) {
    this.#folder = folder
    this.#recording = name
  }

  /**
   * Returns the files of the recording, the oldest first. Other files of the folder are ignored.
   *
   * @throws The error of the system, unless the folder does not exist.
   */
  list(): Promise<readonly StoredSegment[]> {
    if (this.#listing) return this.#listing
    const listing = this.#list().finally(() => {
      if (this.#listing === listing) this.#listing = undefined
    })
    this.#listing = listing
    return listing
  }

  /** Makes the next {@link list} read the folder again, even if a list is under way. */
  noteChange(): void {
    this.#listing = undefined
  }

  /** Deletes a file, and folders that become empty. @throws The error of the system. */
  remove({ file }: StoredSegment): Promise<void> {
    return diskTurns.run(this.#folder, async () => {
      await rm(join(this.#folder, file), { force: true })
      for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
        const isRemoved = await rmdir(join(this.#folder, folder)).then(
          () => true,
          () => false,
        )
        if (!isRemoved) return
      }
    })
  }

  async #list(): Promise<readonly StoredSegment[]> {
    const known = new Map<string, KnownFile>()
    for (const file of await filesBelow(this.#folder)) {
      const before = this.#known.get(file)
      // A closed file never changes.
      const isFinal = before?.segment?.isClosed === true
      const read = isFinal ? before : await diskTurns.run(this.#folder, () => this.#read(file))
      if (read) known.set(file, read)
    }
    this.#known = known
    return [...known.values()]
      .flatMap(({ segment }) => segment ?? [])
      .sort((one, other) => one.startMs - other.startMs)
  }

  /** Reads the facts of a file if it has changed. @returns `undefined` if the file has gone, or cannot be read. */
  async #read(file: string): Promise<KnownFile | undefined> {
    try {
      const path = join(this.#folder, file)
      const { size: sizeBytes, mtimeMs: changedMs } = await stat(path)
      const before = this.#known.get(file)
      if (before?.sizeBytes === sizeBytes && before.changedMs === changedMs) return before
      const facts = await readFacts(path, sizeBytes)
      const isOwn = facts?.recording === this.#recording
      const isClosed = facts?.endMs !== undefined
      const segment = isOwn
        ? { endMs: changedMs, ...facts, file, sizeBytes, isClosed, changedMs }
        : undefined
      return { sizeBytes, changedMs, segment }
    } catch {
      return undefined
    }
  }
}

/**
 * Returns the names of all files `.mp4` below a folder, relative to the folder. Takes one turn of the disk a folder.
 * Folders below it that may not be read, such as `lost+found`, are left out.
 *
 * @throws The error of the system.
 */
async function filesBelow(root: string): Promise<string[]> {
  const files: string[] = []
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const name = join(root, folder)
    for (const entry of await diskTurns.run(root, () => entriesOf(name, folder === ''))) {
      const below = join(folder, entry.name)
      if (entry.isDirectory()) folders.push(below)
      else if (entry.isFile() && entry.name.endsWith('.mp4')) files.push(below)
    }
  }
  return files
}

const closedCodes: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM'])

async function entriesOf(folder: string, isRoot: boolean): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || (!isRoot && closedCodes.has(code))) return []
    throw error
  }
}

/** Reads the facts of a segment, and the end if its file was closed; `undefined` for a file that is no segment. */
async function readFacts(
  path: string,
  sizeBytes: number,
): Promise<(SegmentFacts & { readonly endMs?: number }) | undefined> {
  const file = await open(path)
  try {
    const facts = parseFacts(await readAt(file, 0, Math.min(sizeBytes, maxHeadBytes)))
    if (!facts) return undefined
    const tailBytes = randomAccessBytes(await readAt(file, Math.max(0, sizeBytes - 4), 4))
    const at = sizeBytes - tailBytes - endBoxBytes
    const endMs = at > 0 ? parseEnd(await readAt(file, at, endBoxBytes)) : undefined
    return endMs === undefined ? facts : { ...facts, endMs }
  } finally {
    await file.close()
  }
}

async function readAt(file: FileHandle, position: number, count: number): Promise<Buffer> {
  const bytes = Buffer.alloc(count)
  const { bytesRead } = await file.read(bytes, 0, count, position)
  return bytes.subarray(0, bytesRead)
}
