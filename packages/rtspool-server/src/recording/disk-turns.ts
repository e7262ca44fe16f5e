/**
 * Number of libuv threads, which run file operations, DNS lookups and some cryptography, without `UV_THREADPOOL_SIZE`.
 */
const defaultThreads = 4
/** Number of libuv threads that recordings leave free for other file operations and for DNS lookups. */
const otherThreads = 2

/**
 * Returns the number of libuv threads of the process: the value of `UV_THREADPOOL_SIZE`, or 4 without a valid value.
 */
export function poolThreads(setting = process.env.UV_THREADPOOL_SIZE): number {
  const threads = Number.parseInt(setting ?? '', 10)
  return threads > 0 ? threads : defaultThreads
}

type Start = () => void

/**
 * Limits the number of disk operations of recordings that run at the same time. An operation on a disk that hangs keeps
 * its thread until the disk responds, and the process has few threads. Without a limit, one such disk would stop file
 * media, DNS and logins.
 *
 * ```text
 *  4 threads: 2 for recordings (1 a disk) + 2 for everything else
 * ```
 */
export class DiskTurns {
  readonly #maxAll: number
  readonly #maxOfDisk: number
  /** Number of operations that run on each disk. Key: a device, or a folder whose device is not known. */
  readonly #running = new Map<string, number>()
  /** Functions that start the waiting operations of each disk, in the order of their requests. */
  readonly #waiting = new Map<string, Start[]>()
  /** Devices by folder of a recording, so that folders on one disk count together. */
  readonly #devices = new Map<string, string>()
  #count = 0

  /** @param threads - Number of libuv threads of the process; operations on disks use all but two, and at least one. */
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
   * Runs an operation on a disk. Waits first until the limits on operations of this disk and of all disks allow one
   * more.
   *
   * @param folder - Folder of the recording, from which the disk follows.
   * @returns The result of `work`.
   * @throws The error of `work`.
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
