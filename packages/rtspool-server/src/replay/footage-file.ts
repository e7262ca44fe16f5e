import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { diskTurns } from '../recording/disk-turns.js'
import { FileReader } from '../recording/stored/file-reader.js'
import {
  indexFile,
  type StoredFile,
  type StoredFragment,
} from '../recording/stored/fragment-index.js'
import { type StoredSample, samplesOf } from './stored-samples.js'
import { type StoredTrack, storedTracks } from './stored-tracks.js'

/** Track number of the leading track (video, or sound if there is none), which is the first of each file. */
const leaderId = 1
/** Maximum number of files whose fragment positions are kept for the next viewer. */
const maxKept = 16

/**
 * Keeps the positions of the fragments in the 16 files read last, so that a seek or another viewer need not read them
 * again.
 */
export class FootageIndexes {
  readonly #kept = new Map<string, StoredFile>()

  /**
   * Returns the positions and times of the fragments of an open file. Reads only the bytes that are not yet known.
   *
   * @param folder - Folder of the recording.
   * @param known - Result for the file when the file was shorter.
   * @default the one that is kept
   */
  async read(folder: string, handle: FileHandle, known?: StoredFile): Promise<StoredFile> {
    const { dev, ino, birthtimeMs } = await diskTurns.run(folder, () => handle.stat())
    const key = [dev, ino, birthtimeMs].join(' ')
    const stored = await indexFile(new FileReader(folder, handle), known ?? this.#kept.get(key))
    this.#kept.delete(key)
    this.#kept.set(key, stored)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept) break
      this.#kept.delete(oldest)
    }
    return stored
  }
}

/**
 * Open file of a recording, which may still grow. Reading goes on to the end of the file even after somebody has
 * deleted the file.
 */
export class FootageFile {
  readonly #folder: string
  readonly #handle: FileHandle
  readonly #reader: FileReader
  readonly #indexes: FootageIndexes
  #stored: StoredFile
  #tracks: readonly StoredTrack[] | undefined

  private constructor(
    folder: string,
    handle: FileHandle,
    indexes: FootageIndexes,
    stored: StoredFile,
  ) {
    this.#folder = folder
    this.#handle = handle
    this.#reader = new FileReader(folder, handle)
    this.#indexes = indexes
    this.#stored = stored
  }

  /**
   * Opens a file of a recording.
   *
   * @param folder - Folder of the recording.
   * @param name - Name of the file, relative to the folder.
   * @throws The error of the system, such as `ENOENT`.
   */
  static async open(folder: string, name: string, indexes: FootageIndexes): Promise<FootageFile> {
    const handle = await diskTurns.run(folder, () => open(join(folder, name)))
    try {
      return new FootageFile(folder, handle, indexes, await indexes.read(folder, handle))
    } catch (error) {
      await diskTurns.run(folder, () => handle.close())
      throw error
    }
  }

  get tracks(): readonly StoredTrack[] {
    this.#tracks ??= storedTracks(this.#stored.init)
    return this.#tracks
  }

  get fragments(): readonly StoredFragment[] {
    return this.#stored.fragments
  }

  /** Reads the positions of fragments that were written since the last call. @returns True if there are any. */
  async refresh(): Promise<boolean> {
    const before = this.#stored.fragments.length
    this.#stored = await this.#indexes.read(this.#folder, this.#handle, this.#stored)
    return this.#stored.fragments.length > before
  }

  /** Returns the milliseconds from the beginning of the file to a fragment, by the decoding time of its leading track. */
  startMsOf(fragment: StoredFragment): number {
    const run = leaderOf(fragment)
    if (!run) return 0
    return (run.decodeTime / (this.#stored.timescales.get(run.trackId) ?? 1)) * 1000
  }

  /**
   * Milliseconds from the beginning of the file to the end of its leading track. Sound that came late may stand in
   * fragments of its own behind it.
   */
  get leaderEndMs(): number {
    const last = this.fragments.findLast(({ runs }) => runs.some(isLeader)) ?? this.fragments.at(-1)
    const run = last && leaderOf(last)
    if (!run) return 0
    const { trackId, decodeTime, duration } = run
    return ((decodeTime + duration) / (this.#stored.timescales.get(trackId) ?? 1)) * 1000
  }

  /** Returns the milliseconds from the beginning of the file to the end of a fragment. */
  endMsOf(fragment: StoredFragment): number {
    const ends = fragment.runs.map(
      ({ trackId, decodeTime, duration }) =>
        (decodeTime + duration) / (this.#stored.timescales.get(trackId) ?? 1),
    )
    return Math.max(0, ...ends) * 1000
  }

  /**
   * Returns the milliseconds from the beginning of the file to the end of its last picture or sound, which may be shown
   * later than {@link endMsOf} says; 0 for a file without any.
   */
  async lastMs(): Promise<number> {
    const last = this.fragments.at(-1)
    const samples = last ? await this.read(last) : []
    const ends = samples.map(
      ({ trackId, time, duration }) =>
        (time + duration) / (this.#stored.timescales.get(trackId) ?? 1),
    )
    return Math.max(0, ...ends) * 1000
  }

  /** Returns whether a decoder can begin with a fragment: its leading track begins with a key frame. */
  isEntry({ runs }: StoredFragment): boolean {
    return runs.some(({ trackId, isSync }) => trackId === leaderId && isSync)
  }

  /**
   * Reads the samples (pictures and frames of sound) of a fragment.
   *
   * @throws {RangeError} The file is shorter than before.
   */
  async read(fragment: StoredFragment): Promise<StoredSample[]> {
    return samplesOf(await this.#reader.read(fragment.offset, fragment.sizeBytes))
  }

  async close(): Promise<void> {
    await diskTurns.run(this.#folder, () => this.#handle.close())
  }
}

const isLeader = ({ trackId }: StoredFragment['runs'][number]): boolean => trackId === leaderId

const leaderOf = ({ runs }: StoredFragment): StoredFragment['runs'][number] | undefined =>
  runs.find(isLeader) ?? runs[0]
