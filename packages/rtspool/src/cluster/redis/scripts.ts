import { addBan, listBans, removeBan } from './ban-scripts.js'
import { collectMail, sendMail } from './mail-scripts.js'
import { beat, join, leave, listNodes } from './node-scripts.js'
import { withPrelude } from './prelude.js'
import { flush, reap } from './session-scripts.js'
import { listStreams, publish, unpublish } from './stream-scripts.js'

/**
 * Steps of the ledger as Lua scripts, each of which Redis carries out as one atomic command. They
 * give the same replies as `memory/ledger.ts`, rule by rule.
 *
 * Every script gets its shared keys first, and as its first arguments the time in
 * milliseconds (empty = that of Redis) and the lease. All deadlines are values in the time of the
 * ledger: a key that Redis expires by itself would follow a clock that steps.
 */

/** Each Lua script, with the common definitions at its head. */
export const ledgerScripts = Object.freeze({
  join: withPrelude(join),
  beat: withPrelude(beat, ['live', 'reserved', 'ban', 'banVersion', 'banEnd']),
  flush: withPrelude(flush, ['removals', 'count', 'countEnd']),
  reap: withPrelude(reap),
  leave: withPrelude(leave),
  addBan: withPrelude(addBan),
  removeBan: withPrelude(removeBan),
  listBans: withPrelude(listBans),
  listNodes: withPrelude(listNodes),
  sendMail: withPrelude(sendMail),
  collectMail: withPrelude(collectMail),
  publish: withPrelude(publish),
  unpublish: withPrelude(unpublish),
  listStreams: withPrelude(listStreams),
} as const)

/** Name of a Lua script of the Redis store. */
export type LedgerScript = keyof typeof ledgerScripts
