import { join } from 'node:path'
import {
  type ControlGroupPlace,
  groupFolders,
  type ReadText,
  readText,
} from '../../transport/system/control-groups.js'

/** Names of the files of one version of control groups. */
interface Version extends ControlGroupPlace {
  readonly limit: string
  readonly usage: string
  /** Prefix of the names under which `memory.stat` lists file cache. */
  readonly prefix: string
}

const versions: readonly Version[] = [
  {
    path: /^0::(.*)$/m,
    mount: '/sys/fs/cgroup',
    limit: 'memory.max',
    usage: 'memory.current',
    prefix: '',
  },
  {
    path: /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m,
    mount: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    prefix: 'total_',
  },
]

/** A control group with a memory limit: that of the process, or a parent of it. */
interface Group {
  readonly folder: string
  readonly version: Version
}

/**
 * Share of the memory limit above which the size of a group's file cache is read as well. Below it, reading is
 * avoided, because the kernel then adds up the values of all groups.
 */
const cacheMattersAbove = 0.5

/**
 * Measures the memory of the process's control groups against their limits (cgroup version 2 or 1).
 * File cache that the kernel can free does not count, because it grows up to the limit in every
 * group.
 */
export class CgroupMemory {
  readonly #read: ReadText
  readonly #machineBytes: number
  readonly #groups: readonly Group[]

  /**
   * Finds no groups before the first {@link measure}.
   *
   * @param machineBytes - Memory of the machine; a group with a higher limit counts as unlimited.
   */
  constructor(machineBytes: number, read: ReadText = readText) {
    this.#read = read
    this.#machineBytes = machineBytes
    this.#groups = this.#find()
  }

  /**
   * Returns the memory of the control group that is closest to its limit, as a share of that limit; 0 without a
   * limit.
   */
  measure(): number {
    let most = 0
    for (const group of this.#groups) most = Math.max(most, this.#measure(group))
    return most
  }

  #measure({ folder, version }: Group): number {
    const limit = this.#limitOf({ folder, version })
    const usage = this.#number(folder, version.usage)
    if (limit === undefined || usage === undefined) return 0
    if (usage / limit <= cacheMattersAbove) return usage / limit
    return Math.max(0, usage - this.#cacheOf(folder, version)) / limit
  }

  /** Returns the memory limit of a group in bytes; `undefined` without a limit. */
  #limitOf({ folder, version }: Group): number | undefined {
    const limit = this.#number(folder, version.limit) ?? 0
    return limit > 0 && limit < this.#machineBytes ? limit : undefined
  }

  /** Finds the groups of the process that have a limit: its own, and their parents. */
  #find(): Group[] {
    const own = this.#text('/proc/self/cgroup')
    if (own === undefined) return []
    return versions.flatMap((version) => {
      return groupFolders(own, version)
        .map((folder) => ({ folder, version }))
        .filter(({ folder }) => this.#limitOf({ folder, version }) !== undefined)
    })
  }

  #cacheOf(folder: string, { prefix }: Version): number {
    const text = this.#text(join(folder, 'memory.stat')) ?? ''
    const bytesOf = (name: string) =>
      Number(new RegExp(`^${prefix}${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
    return bytesOf('inactive_file') + bytesOf('active_file')
  }

  /**
   * Reads a number from a file of a group.
   *
   * @returns `undefined` if there is no such file; `Infinity` for the text `max`.
   */
  #number(folder: string, name: string): number | undefined {
    const text = this.#text(join(folder, name))?.trim()
    if (text === undefined || text === '') return undefined
    return text === 'max' ? Number.POSITIVE_INFINITY : Number(text)
  }

  #text(path: string): string | undefined {
    try {
      return this.#read(path)
    } catch {
      // Not Linux, or another version.
      return undefined
    }
  }
}
