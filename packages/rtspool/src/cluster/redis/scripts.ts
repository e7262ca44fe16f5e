import { addBan, listBans, removeBan } from './ban-scripts.js'
import { collectMail, sendMail } from './mail-scripts.js'
import { beat, join, leave, listNodes } from './node-scripts.js'
import { prelude } from './prelude.js'
import { flush, reap } from './session-scripts.js'
import { listStreams, publish, unpublish } from './stream-scripts.js'

/**
 * Steps of the ledger as Lua scripts, each of which Redis carries out as one atomic command. They
 * give the same replies as `memory/ledger.ts`, rule by rule.
 *
 * Every script gets all keys of {@link ledgerKeys} first, and as its first arguments the time in
 * milliseconds (empty = that of Redis) and the lease. All deadlines are values in the time of the
 * ledger: a key that Redis expires by itself would follow a clock that steps.
 */

/** Names of the Redis keys that all scripts share, in the order of `KEYS`. */
export const ledgerKeys = Object.freeze([
  'meta',
  'lease',
  'dead',
  'info',
  'nonce',
  'seq',
  'flushSeq',
  'live',
  'pool',
  'granted',
  'reserved',
  'removals',
  'ban',
  'banVersion',
  'banEnd',
  'banRemoved',
  'count',
  'countEnd',
  'gone',
  'stream',
] as const)

/** Text of each Lua script, with the common definitions at its head. */
export const ledgerScripts = Object.freeze({
  join: prelude + join,
  beat: prelude + beat,
  flush: prelude + flush,
  reap: prelude + reap,
  leave: prelude + leave,
  addBan: prelude + addBan,
  removeBan: prelude + removeBan,
  listBans: prelude + listBans,
  listNodes: prelude + listNodes,
  sendMail: prelude + sendMail,
  collectMail: prelude + collectMail,
  publish: prelude + publish,
  unpublish: prelude + unpublish,
  listStreams: prelude + listStreams,
} as const)

/** Name of a Lua script of the Redis store. */
export type LedgerScript = keyof typeof ledgerScripts
