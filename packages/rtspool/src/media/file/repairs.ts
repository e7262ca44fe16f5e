import type { FileRepair, FileView } from './file-view.js'
import { foldFragments } from './iso/fold-fragments.js'
import { endLastCluster } from './matroska/end-cluster.js'
import { TransportStreamScan } from './ts/scan.js'

const noRepair: FileRepair = { present: (file) => file, leftOut: [] }

/** Looks through an open file for what mediabunny cannot read. */
async function findRepair(
  file: FileView,
  transportStream: TransportStreamScan,
): Promise<FileRepair> {
  try {
    return (
      (await foldFragments(file)) ??
      (await endLastCluster(file)) ??
      (await transportStream.repairOf(file)) ??
      noRepair
    )
  } catch (error) {
    // An index that cannot be read is left to mediabunny, which says so in its own words.
    if (error instanceof RangeError) return noRepair
    throw error
  }
}

/**
 * Remembers the repair of a file, so that a file is looked through once and not for each viewer. Of MPEG-TS that has
 * grown, only what is new is looked through.
 */
export class RepairMemory {
  #identity = ''
  #repair: Promise<FileRepair> | undefined
  #told = ''
  readonly #transportStream = new TransportStreamScan()

  /** @param identity - Changes when the file does. */
  async repairOf(file: FileView, identity: string): Promise<FileRepair> {
    if (this.#identity !== identity || !this.#repair) {
      this.#identity = identity
      // One after the other: a file that grows is read once by all who ask meanwhile.
      const before = this.#repair?.catch(() => {})
      this.#repair = Promise.resolve(before).then(() => findRepair(file, this.#transportStream))
    }
    const repair = this.#repair
    try {
      return await repair
    } catch (error) {
      if (this.#repair === repair) this.#repair = undefined
      throw error
    }
  }

  /** Whether this was not the last thing told of the file. */
  isNews(leftOut: readonly string[]): boolean {
    const text = leftOut.join('\n')
    const isNews = text !== this.#told
    this.#told = text
    return isNews
  }
}
