import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** Function that returns the text of a file. @throws If the file cannot be read */
export type ReadText = (path: string) => string

export const readText: ReadText = (path) => readFileSync(path, 'latin1')

/** Place of the control groups (cgroups) of one version. */
export interface ControlGroupPlace {
  /** Regular expression that captures the path of the process's group in `/proc/self/cgroup`. */
  readonly path: RegExp
  /** Folder in which the kernel shows the groups. */
  readonly mount: string
}

/**
 * Returns the folders of the process's control group and of its parents, which may have limits too. In a container
 * the process may see its own group as the root.
 *
 * @param own - Text of `/proc/self/cgroup`.
 * @returns Empty if the process is in no group of this version.
 */
export function groupFolders(own: string, { path, mount }: ControlGroupPlace): string[] {
  const found = path.exec(own)?.[1]
  if (found === undefined) return []
  const parts = found.split('/').filter((part) => part !== '')
  const parents = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'))
  return [...parents, ''].map((each) => join(mount, each))
}

/** Files with the limit on CPU time of one version of control groups. */
interface CpuLimitFiles extends ControlGroupPlace {
  /** Names of files that together contain the CPU time allowed in each period, then the period, in microseconds. */
  readonly files: readonly string[]
}

const cpuLimits: readonly CpuLimitFiles[] = [
  { path: /^0::(.*)$/m, mount: '/sys/fs/cgroup', files: ['cpu.max'] },
  {
    path: /^\d+:(?:[^:\n]*,)?cpu(?:,[^:\n]*)?:(.*)$/m,
    mount: '/sys/fs/cgroup/cpu',
    files: ['cpu.cfs_quota_us', 'cpu.cfs_period_us'],
  },
]

/**
 * Returns the number of processors that the process can keep busy: those of its affinity mask, or fewer if a control
 * group (cgroup version 2 or 1) limits its CPU time. At least 1. Node 20 itself knows the affinity mask only.
 *
 * @param processors - Number of processors in the affinity mask.
 */
export function usableProcessors(processors = availableParallelism(), read = readText): number {
  let least = processors
  for (const place of cpuLimits) {
    const own = textOf(['/proc/self/cgroup'], read)
    for (const folder of own === undefined ? [] : groupFolders(own, place)) {
      const paths = place.files.map((name) => join(folder, name))
      const [allowedUs, periodUs] = textOf(paths, read)?.trim().split(/\s+/).map(Number) ?? []
      // No limit is the text `max` in version 2, and -1 in version 1.
      const share = Number(allowedUs) / Number(periodUs)
      if (share > 0) least = Math.min(least, Math.floor(share))
    }
  }
  return Math.max(1, least)
}

/** Reads files, and joins their texts by spaces. Returns `undefined` if any of them cannot be read. */
function textOf(paths: readonly string[], read: ReadText): string | undefined {
  try {
    return paths.map((path) => read(path)).join(' ')
  } catch {
    // Not Linux, or another version.
    return undefined
  }
}
