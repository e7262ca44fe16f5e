import type { SegmentFile, SegmentStore } from '../../../src/recording/segment-store.js'

/** Files of segments in memory, on a disk that may fail. */
export class MemoryStore implements SegmentStore {
  readonly files = new Map<string, Buffer[]>()
  /** Names of the files that are open. */
  readonly open = new Set<string>()
  /** Error of each further write. */
  failure: Error | undefined
  /** Delays each write until it resolves. */
  gate: Promise<void> | undefined

  async create(_folder: string, name: string, head: Buffer): Promise<SegmentFile> {
    await this.gate
    if (this.failure) throw this.failure
    const free = this.files.has(name) ? name.replace('.mp4', `-${this.files.size}.mp4`) : name
    const pieces = [head]
    this.files.set(free, pieces)
    this.open.add(free)
    return {
      name: free,
      append: async (appended) => {
        await this.gate
        if (this.failure) throw this.failure
        // A copy: the recorder uses the memory again.
        pieces.push(Buffer.concat(appended))
      },
      close: async () => void this.open.delete(free),
    }
  }

  get names(): string[] {
    return [...this.files.keys()]
  }

  bytesOf(name: string): Buffer {
    return Buffer.concat(this.files.get(name) ?? [])
  }
}

export const diskFull = (): Error =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
