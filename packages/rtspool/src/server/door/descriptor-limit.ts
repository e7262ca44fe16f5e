import { readFileSync } from 'node:fs'

/** What `/proc/self/limits` says of file descriptors: the soft limit, then the hard one. */
const openFilesLine = /^Max open files\s+(\d+)/m

/** What Node says of the limits of the process where it knows them. */
interface ProcessReport {
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | 'unlimited' } }
}

/**
 * The soft limit of file descriptors of this process (RLIMIT_NOFILE), each of which may be a connection.
 *
 * @param limits - Text of `/proc/self/limits`, for tests.
 * @returns `undefined` where there is none, or nobody says.
 */
export function descriptorLimit(limits = readLimits()): number | undefined {
  const soft = limits === undefined ? reportedLimit() : openFilesLine.exec(limits)?.[1]
  const limit = Number(soft)
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined
}

/** Linux only. */
function readLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return undefined
  }
}

/** The other systems that have such limits. A report costs some milliseconds, so it is the second choice. */
function reportedLimit(): number | 'unlimited' | undefined {
  if (process.platform === 'win32') return undefined
  // Node 20 has it from 20.13 on, its types do not.
  const report = process.report as typeof process.report & { excludeNetwork?: boolean }
  const { excludeNetwork = false } = report
  // A report asks DNS for the names of all peers otherwise.
  report.excludeNetwork = true
  const { userLimits } = process.report.getReport() as ProcessReport
  report.excludeNetwork = excludeNetwork
  return userLimits?.open_files?.soft
}
