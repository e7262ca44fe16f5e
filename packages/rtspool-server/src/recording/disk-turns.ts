/** Threads of libuv in which file operations, DNS lookups and some cryptography run, unless `UV_THREADPOOL_SIZE` says otherwise. */
const defaultThreads = 4
/** Threads that recordings leave to the rest of the process. */
const otherThreads = 2

/** Returns the number of threads that the process has for blocking work. */
export function poolThreads(setting = process.env.UV_THREADPOOL_SIZE): number {
  const threads = Number.parseInt(setting ?? '', 10)
  return threads > 0 ? threads : defaultThreads
}

type Start = () => void

/**
 * Limits the operations on disks that are under way. An operation on a disk that hangs keeps its thread until the disk
 * responds, and the process has few threads. Without a limit, one such disk would stop file media, DNS and logins.
 *
 * ```text
 *  4 threads: 2 for recordings (1 a disk) + 2 for everything else
 * ```
 */
export class DiskTurns {
  readonly #maxAll: number
  readonly #maxOfDisk: number
  /** Number of operations under way for each disk: a device, or a folder whose device is not known. */
  readonly #running = new Map<string, number>()
  /** Functions that start the waiting operations of each disk, in the order of their requests. */
  readonly #waiting = new Map<string, Start[]>()
  /** Devices by folder, so that folders of one disk count together. */
  readonly #devices = new Map<string, string>()
  #count = 0

  /** @param threads - Threads of the process for blocking work. */
  constructor(threads = poolThreads()) {
    this.#maxAll = Math.max(1, threads - otherThreads)
    this.#maxOfDisk = Math.max(1, this.#maxAll - 1)
  }

  /**
   * Notes the device (`st_dev`) of the folder of a recording. A folder without a known device counts as a disk of its
   * own.
   */
  learnDevice(folder: string, device: number | bigint): void {
    this.#devices.set(folder, `device ${device}`)
  }

  /**
   * Runs an operation as soon as its disk has room for it: waits for its turn.
   *
   * @param folder - Folder of the recording that the operation concerns.
   * @returns The result of the operation.
   * @throws The error of the operation.
   */
  async run<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
    const disk = this.#devices.get(folder) ?? folder
    await this.#begin(disk)
    try {
      return await work()
    } finally {
      this.#end(disk)
    }
  }

  #begin(disk: string): Promise<void> | undefined {
    if (this.#hasRoom(disk)) {
      this.#take(disk)
      return undefined
    }
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(disk) ?? []
      waiting.push(resolve)
      this.#waiting.set(disk, waiting)
    })
  }

  #hasRoom(disk: string): boolean {
    return this.#count < this.#maxAll && (this.#running.get(disk) ?? 0) < this.#maxOfDisk
  }

  #take(disk: string): void {
    this.#count++
    this.#running.set(disk, (this.#running.get(disk) ?? 0) + 1)
  }

  #end(disk: string): void {
    const running = (this.#running.get(disk) ?? 0) - 1
    if (running > 0) this.#running.set(disk, running)
    else this.#running.delete(disk)
    this.#count--
    for (const [next, waiting] of this.#waiting) {
      if (!this.#hasRoom(next)) continue
      const start = waiting.shift()
      // The disk moves to the end, so that each one has its turn.
      this.#waiting.delete(next)
      if (waiting.length > 0) this.#waiting.set(next, waiting)
      this.#take(next)
      start?.()
      return
    }
  }
}

/** Common limit on the disk operations of all recordings in the process. */
export const diskTurns = new DiskTurns()
