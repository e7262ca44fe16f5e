import { checkInteger, checkOptions } from '../option-checks.js'
import type { RemovalQuery } from './cluster-store.js'

/**
 * Milliseconds for which one node has the task to remove the credits and sessions of a dead node. Afterwards, another
 * node may get the task.
 */
export const reapLeaseMs = 5000
/** Maximum number of changes of bans in the reply to a beat, the sign of life of a node. */
export const banPage = 32
/** Maximum number of expired bans that the addition of one ban removes from the list. */
export const expiredBatch = 8
/** Number of counters whose period is over that one batch of directory changes removes. */
export const endedBatch = 8
/** Number of tags of nodes whose remains have been removed that a ledger remembers, the last ones. */
export const goneTags = 4096
/** Number of removal records on a page by default, and at most. */
const defaultPage = 100
const maxPage = 1000
/** Milliseconds after which a message in a mailbox makes room for new ones. */
export const mailMs = 10_000
/** Maximum number of messages in the mailbox of a node, and in one reply. */
export const maxMails = 256
export const mailPage = 16
/** Number of serials of removal records for each millisecond before the ledger was founded. */
export const serialsPerMs = 1000

/** Times and sizes of a {@link ClusterStore}; the same for all nodes of a cluster. */
export interface ClusterStoreOptions {
  /** Milliseconds for which one beat (sign of life) keeps a node a member. @defaultValue 10000 */
  readonly leaseMs?: number | undefined
  /** Milliseconds from the end of a node's lease until the store declares the node dead. @defaultValue 20000 */
  readonly graceMs?: number | undefined
  /**
   * Milliseconds after a loss of data in which the store grants no credits but those that nodes have held before. If
   * the value is at least `leaseMs`, no limit is exceeded under the policy `strict`.
   *
   * @defaultValue 10000
   */
  readonly warmMs?: number | undefined
  /** Number of sessions, and of limits, that one call of `reap` removes for a dead node. @defaultValue 256 */
  readonly reapBatch?: number | undefined
  /** Number of records of removed sessions that the ledger keeps. @defaultValue 200000 */
  readonly maxRemovals?: number | undefined
  /**
   * Number of removed bans that the ledger remembers. A node that has missed more of them reads the
   * whole list again. @defaultValue 256
   */
  readonly maxRemovedBans?: number | undefined
  /**
   * Maximum number of counters of events that all nodes share. Beyond it, the counter whose period ends first is
   * removed. @defaultValue 100000
   */
  readonly maxCounters?: number | undefined
}

export const clusterStoreDefaults = Object.freeze({
  leaseMs: 10_000,
  graceMs: 20_000,
  warmMs: 10_000,
  reapBatch: 256,
  maxRemovals: 200_000,
  maxRemovedBans: 256,
  maxCounters: 100_000,
} as const satisfies Required<ClusterStoreOptions>)

/** Options of a store with a value for each: times in milliseconds, sizes as numbers. */
export type ResolvedStoreOptions = { readonly [K in keyof ClusterStoreOptions]-?: number }

const names = Object.keys(clusterStoreDefaults) as (keyof ClusterStoreOptions)[]

/**
 * Checks the options of a store and fills in the defaults.
 *
 * @param further - Names of options that the store checks itself.
 * @throws {RangeError | TypeError} when a value is invalid or an option unknown.
 */
export function resolveStoreOptions(
  name: string,
  options: ClusterStoreOptions,
  further: readonly string[],
): ResolvedStoreOptions {
  checkOptions(name, options, [...names, ...further])
  const resolved = names.map((key) => {
    const value = options[key] ?? clusterStoreDefaults[key]
    return [key, checkInteger(`${name}.${key}`, value, key === 'warmMs' ? 0 : 1)]
  })
  return Object.freeze(Object.fromEntries(resolved)) as ResolvedStoreOptions
}

/**
 * Checks a query for removal records, and fills in the default.
 *
 * @throws {RangeError | TypeError} when a value is invalid or a member unknown.
 */
export function resolveRemovalQuery(
  name: string,
  query: RemovalQuery,
): { readonly after: number | undefined; readonly limit: number } {
  checkOptions(`${name}.removals`, query, ['after', 'limit'])
  const { after, limit = defaultPage } = query
  return {
    after: after === undefined ? undefined : checkInteger(`${name}.removals.after`, after),
    limit: checkInteger(`${name}.removals.limit`, limit, 1, maxPage),
  }
}
