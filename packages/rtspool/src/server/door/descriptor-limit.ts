import { readFileSync } from 'node:fs'

/** Matches the line of `/proc/self/limits` about file descriptors, and captures the soft limit. */
const openFilesLine = /^Max open files\s+(\d+)/m

/** Part of Node's process report that contains the limit on file descriptors. */
interface ProcessReport {
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | 'unlimited' } }
}

/**
 * Returns the soft limit on file descriptors of this process (RLIMIT_NOFILE). Each descriptor may
 * be a connection.
 *
 * @param limits - Text of `/proc/self/limits`, for tests.
 * @returns `undefined` if there is no limit, or it cannot be read.
 */
export function descriptorLimit(limits = readLimits()): number | undefined {
  const soft = limits === undefined ? reportedLimit() : openFilesLine.exec(limits)?.[1]
  const limit = Number(soft)
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined
}

/** Returns the text of `/proc/self/limits`, which exists on Linux only. */
function readLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return undefined
  }
}

/**
 * Reads the limit on file descriptors from Node's process report, for systems without `/proc`. A report costs some
 * milliseconds.
 */
function reportedLimit(): number | 'unlimited' | undefined {
  if (process.platform === 'win32') return undefined
  // Node has this property from 20.13 on, but its types do not.
  const report = process.report as typeof process.report & { excludeNetwork?: boolean }
  const { excludeNetwork = false } = report
  // Otherwise a report asks DNS for the names of all peers.
  report.excludeNetwork = true
  const { userLimits } = process.report.getReport() as ProcessReport
  report.excludeNetwork = excludeNetwork
  return userLimits?.open_files?.soft
}
