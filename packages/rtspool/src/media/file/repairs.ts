import type { FileRepair, FileView } from './file-view.js'
import { foldFragments } from './iso/fold-fragments.js'
import { endLastCluster } from './matroska/end-cluster.js'
import { TransportStreamScan } from './ts/scan.js'

const noRepair: FileRepair = { present: (file) => file, leftOut: [] }

/** Examines an open file for faults that mediabunny cannot handle, and returns the repair, which may change nothing. */
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
    // mediabunny reports an unreadable index with its own message.
    if (error instanceof RangeError) return noRepair
    throw error
  }
}

/**
 * Remembers the repair of a file, so that the file is examined once and not for each viewer. If an MPEG-TS file has
 * grown, only the new part is examined.
 */
export class RepairMemory {
  #identity = ''
  #repair: Promise<FileRepair> | undefined
  #told = ''
  readonly #transportStream = new TransportStreamScan()

  /**
   * Returns the repair of a file. The file is examined only if `identity` has changed.
   *
   * @param identity - Text that changes when the file does.
   */
  async repairOf(file: FileView, identity: string): Promise<FileRepair> {
    if (this.#identity !== identity || !this.#repair) {
      this.#identity = identity
      // One after the other: a growing file is read once for all concurrent callers.
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

  /**
   * Returns whether `leftOut`, the parts of the file that cannot be sent, differs from that of the last call, so that
   * it must be published.
   */
  isNews(leftOut: readonly string[]): boolean {
    const text = leftOut.join('\n')
    const isNews = text !== this.#told
    this.#told = text
    return isNews
  }
}
