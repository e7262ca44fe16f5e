import { type Clock, systemClock } from '../clock.js'
import { checkClock, checkInteger, checkMethods, checkText, isRecord } from '../option-checks.js'
import {
  type BanChange,
  type BeatReply,
  type BeatRequest,
  type ClusterBan,
  type ClusterNodeRow,
  type ClusterStore,
  type CollectReply,
  type CollectRequest,
  type CreditClaim,
  type CreditUsage,
  type DirectoryEntry,
  type FlushReply,
  type FlushRequest,
  type JoinReply,
  type JoinRequest,
  type LedgerRefusal,
  type Mail,
  type MailReply,
  type MailRequest,
  type NodeTag,
  type PublishReply,
  type PublishRequest,
  poolKey,
  type ReapReply,
  type ReapRequest,
  type RemovalQuery,
  type RemovalRecord,
  type StreamPage,
  type UnpublishReply,
  type UnpublishRequest,
} from './cluster-store.js'
import type { LedgerKey } from './redis/prelude.js'
import {
  chunksOf,
  fieldsOf,
  type IoredisCommands,
  type RedisCommands,
  RedisConnection,
  type Reply,
} from './redis/redis-connection.js'
import {
  banPage,
  type ClusterStoreOptions,
  endedBatch,
  expiredBatch,
  goneTags,
  mailMs,
  mailPage,
  maxMails,
  type ResolvedStoreOptions,
  reapLeaseMs,
  resolveRemovalQuery,
  resolveStoreOptions,
} from './store-options.js'

/** Options of a {@link RedisStore}. */
export interface RedisStoreOptions extends ClusterStoreOptions {
  /**
   * Connected client of `@redis/client` or `ioredis`, which the application closes. Its queue for the time without
   * connection is best disabled: `disableOfflineQueue: true`, and `enableOfflineQueue: false` for `ioredis`.
   *
   * This Redis runs without persistence (`--save '' --appendonly no`). When one comes back with
   * older data, a limit may be exceeded before a node notices.
   */
  readonly client: RedisCommands | IoredisCommands
  /** Name of the cluster, a part of all keys. @defaultValue 'rtspool' */
  readonly name?: string | undefined
  /** Milliseconds after which a request to Redis without reply rejects. @defaultValue 1000 */
  readonly timeoutMs?: number | undefined
  /** Clock by which `timeoutMs` is measured; a test passes its own. @defaultValue systemClock */
  readonly clock?: Clock | undefined
  /**
   * Returns the time by which leases and bans expire, in milliseconds since 1970, for tests. All nodes need the same
   * one.
   *
   * @defaultValue the clock of Redis
   */
  readonly unixTimeMs?: (() => number) | undefined
}

/** Characters of a public id; the first one chooses the bucket of its session. */
const bucketNames = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']

/**
 * {@link ClusterStore} in Redis 7, for nodes on any number of machines.
 *
 * Each request is one script that Redis carries out as a whole, or one command. Only `usage()` and
 * `directory()` read with several commands, so that their answers may mix two moments. All keys begin with
 * `rtspool:{NAME}:`, and so are in one slot of a Redis Cluster.
 */
export class RedisStore implements ClusterStore {
  readonly #connection: RedisConnection
  readonly #prefix: string
  readonly #options: ResolvedStoreOptions

  /**
   * Creates a store that sends its commands to a client.
   *
   * @throws {RangeError | TypeError} when an option is invalid, unknown, or missing.
   */
  constructor(options: RedisStoreOptions) {
    const { client, name = 'rtspool', timeoutMs = 1000, clock = systemClock, unixTimeMs } = options
    const further = ['client', 'name', 'timeoutMs', 'clock', 'unixTimeMs']
    this.#options = resolveStoreOptions('RedisStore', options, further)
    const commands = commandsOf(client)
    checkText('RedisStore.name', name)
    checkClock(clock)
    this.#prefix = prefixOf(name)
    this.#connection = new RedisConnection({
      ...{ clock, unixTimeMs, prefix: this.#prefix, leaseMs: this.#options.leaseMs },
      client: commands,
      timeoutMs: checkInteger('RedisStore.timeoutMs', timeoutMs, 1),
    })
  }

  async join({ tag, nonce, info, claims }: JoinRequest): Promise<JoinReply> {
    const args = [tag, nonce, info, this.#options.warmMs, ...claims.flatMap(claimArgs)]
    const [status, epoch, ...credits] = await this.#connection.run('join', args, [
      this.#creditsKey(tag),
    ])
    if (status !== 'ok') return { status: 'taken' }
    return { status: 'ok', epoch: String(epoch), credits: credits.map(Number) }
  }

  async beat(request: BeatRequest): Promise<BeatReply> {
    const { tag, epoch, seq, live, claims, banCursor, answeredSeq, answeredFlushSeq } = request
    const { graceMs } = this.#options
    const args = [
      ...[tag, epoch, seq, live, graceMs, reapLeaseMs, banCursor, banPage],
      ...[answeredSeq, answeredFlushSeq],
    ]
    const wishes = claims.flatMap((claim) => [...claimArgs(claim), claim.isHeld ? 1 : 0])
    const keys = [this.#creditsKey(tag), this.#mailKey(tag)]
    const reply = await this.#connection.run('beat', [...args, ...wishes], keys)
    const [status, credits, isStarving, version, reap, bans, cursor, isReset, hasMore] = reply
    const [hasMail, streams] = reply.slice(9)
    if (status !== 'ok') return { status: status as LedgerRefusal }
    return {
      status,
      credits: (credits as Reply).map(Number),
      isStarving: isStarving === 1,
      version: Number(version),
      reap: reap === '' ? undefined : String(reap),
      bans: bansOf(bans as Reply),
      banCursor: String(cursor),
      isBanReset: isReset === 1,
      hasMoreBans: hasMore === 1,
      ...(hasMail === 1 && { hasMail: true as const }),
      ...(Number(streams) > 0 && { streams: Number(streams) }),
    }
  }

  async flush(request: FlushRequest): Promise<FlushReply> {
    const { tag, epoch, seq, puts, removals, events } = request
    const { maxRemovals, maxCounters } = this.#options
    const buckets = new Map<string, number>()
    const bucketOf = (publicId: string): number => {
      const name = publicId.slice(0, 1)
      const index = buckets.get(name) ?? buckets.size + 1
      buckets.set(name, index)
      return index
    }
    const args = [
      ...[tag, epoch, seq, maxRemovals, maxCounters, endedBatch, puts.length, removals.length],
      ...puts.flatMap(({ publicId, value }) => [bucketOf(publicId), publicId, value]),
      ...removals.flatMap(({ publicId, value, reason }) => [
        ...[bucketOf(publicId), publicId, value, reason],
      ]),
      ...events.flatMap(({ key, count, windowMs }) => [key, count, windowMs]),
    ]
    const keys = [...buckets.keys()].map((name) => this.#bucketKey(tag, name))
    const [status, ...totals] = await this.#connection.run('flush', args, keys)
    if (status !== 'ok') return { status: status as 'epoch' | 'fenced' }
    return { status, totals: totals.map(Number) }
  }

  async reap({ tag, epoch, dead }: ReapRequest): Promise<ReapReply> {
    const { reapBatch, maxRemovals } = this.#options
    const keys = [this.#creditsKey(dead), ...this.#bucketKeys(dead), this.#mailKey(dead)]
    const args = [tag, epoch, dead, reapBatch, maxRemovals, goneTags]
    const [status, isDone] = await this.#connection.run('reap', args, keys)
    if (status !== 'ok') return { status: status as 'epoch' | 'fenced' }
    return { status, isDone: isDone === 1 }
  }

  async leave({ tag, epoch }: { readonly tag: NodeTag; readonly epoch: string }): Promise<void> {
    await this.#connection.run('leave', [tag, epoch])
  }

  async ban({ publicId, record, durationMs }: ClusterBan): Promise<boolean> {
    const [isBanned] = await this.#connection.run('addBan', [
      publicId,
      record,
      durationMs,
      expiredBatch,
    ])
    return isBanned === 1
  }

  async unban(publicId: string): Promise<boolean> {
    const [isRemoved] = await this.#connection.run('removeBan', [
      publicId,
      this.#options.maxRemovedBans,
    ])
    return isRemoved === 1
  }

  async bans(): Promise<readonly BanChange[]> {
    return bansOf(await this.#connection.run('listBans', []))
  }

  async send({ to, text }: MailRequest): Promise<MailReply> {
    const args = [to, text, mailMs, maxMails]
    const [status] = await this.#connection.run('sendMail', args, [this.#mailKey(to)])
    return status as MailReply
  }

  async collect({ tag, epoch, done }: CollectRequest): Promise<CollectReply> {
    const args = [tag, epoch, done, mailPage]
    const reply = await this.#connection.run('collectMail', args, [this.#mailKey(tag)])
    const [status, ...cells] = reply
    if (status !== 'ok') return { status: status as 'epoch' | 'fenced' }
    const messages = chunksOf(cells, 3).map(
      ([serial, ageMs, text]): Mail => ({
        ...{ serial: Number(serial), ageMs: Number(ageMs), text: String(text) },
      }),
    )
    return { status, messages }
  }

  async publish(request: PublishRequest): Promise<PublishReply> {
    const { tag, epoch, path, claim, info, takesOver } = request
    const args = [tag, epoch, path, claim, info, takesOver ? 1 : 0]
    const [status, value] = await this.#connection.run('publish', args)
    if (status === 'ok') return { status, fence: Number(value) }
    if (status === 'taken') return { status, holder: String(value) }
    return { status: status as LedgerRefusal }
  }

  async unpublish({ tag, epoch, path, claim }: UnpublishRequest): Promise<UnpublishReply> {
    const [status] = await this.#connection.run('unpublish', [tag, epoch, path, claim])
    return { status: status as UnpublishReply['status'] }
  }

  async streams(known = ''): Promise<StreamPage | undefined> {
    const [version, ...cells] = await this.#connection.run('listStreams', [known])
    if (version === undefined) return undefined
    const streams = chunksOf(cells, 5).map(([path, tag, fence, claim, info]) => ({
      ...{ path: String(path), tag: String(tag), info: String(info) },
      ...{ fence: Number(fence), claim: Number(claim) },
    }))
    return { version: String(version), streams: streams.sort((a, b) => (a.path < b.path ? -1 : 1)) }
  }

  async nodes(): Promise<readonly ClusterNodeRow[]> {
    const cells = await this.#connection.run('listNodes', [])
    const rows = chunksOf(cells, 4).map(([tag, info, state, live]) => ({
      tag: String(tag),
      info: String(info),
      state: state as ClusterNodeRow['state'],
      live: Number(live),
    }))
    return rows.sort((a, b) => (a.tag < b.tag ? -1 : 1))
  }

  async usage(key: string): Promise<CreditUsage> {
    const granted = await this.#connection.send(['HGET', this.#key('granted'), key])
    const tags = (await this.nodes()).map(({ tag }) => tag)
    const held = await Promise.all(
      tags.map((tag) =>
        key === poolKey
          ? this.#connection.send(['HGET', this.#key('pool'), tag])
          : this.#connection.send(['HGET', this.#creditsKey(tag), key]),
      ),
    )
    const nodes = tags.map((tag, index): [NodeTag, number] => [tag, Number(held[index] ?? 0)])
    return {
      granted: Number(granted ?? 0),
      nodes: Object.fromEntries(nodes.filter(([, credits]) => credits > 0)),
    }
  }

  async directory(tag: NodeTag): Promise<readonly DirectoryEntry[]> {
    const keys = this.#bucketKeys(tag)
    const buckets = await Promise.all(keys.map((key) => this.#connection.send(['HGETALL', key])))
    const entries = buckets.flatMap((bucket) => chunksOf(fieldsOf(bucket), 2))
    return entries
      .map(([publicId, value]) => ({ publicId: String(publicId), value: String(value) }))
      .sort((a, b) => (a.publicId < b.publicId ? -1 : 1))
  }

  async removals(query: RemovalQuery = {}): Promise<readonly RemovalRecord[]> {
    const { after, limit } = resolveRemovalQuery('RedisStore', query)
    const key = this.#key('removals')
    const range =
      after === undefined ? ['XREVRANGE', key, '+', '-'] : ['XRANGE', key, `(${after}-0`, '+']
    const entries = (await this.#connection.send([...range, 'COUNT', String(limit)])) as Reply
    return entries.map((entry) => {
      const [id, fields] = entry as [string, Reply]
      const record = Object.fromEntries(chunksOf(fieldsOf(fields), 2)) as Record<string, string>
      return {
        serial: Number.parseInt(id, 10),
        publicId: record.id ?? '',
        value: record.value ?? '',
        tag: record.tag ?? '',
        reason: record.reason ?? '',
        unixTimeMs: Number(record.time),
      }
    })
  }

  #key(name: LedgerKey): string {
    return this.#prefix + name
  }

  #creditsKey(tag: NodeTag): string {
    return `${this.#prefix}credits:${tag}`
  }

  #mailKey(tag: NodeTag): string {
    return `${this.#prefix}mail:${tag}`
  }

  #bucketKey(tag: NodeTag, bucket: string): string {
    return `${this.#prefix}sessions:${tag}:${bucket}`
  }

  #bucketKeys(tag: NodeTag): string[] {
    return bucketNames.map((bucket) => this.#bucketKey(tag, bucket))
  }
}

/** Returns the text at the beginning of all Redis keys of a cluster. Its part in braces puts them in one slot. */
export const prefixOf = (name = 'rtspool'): string => `rtspool:{${name}}:`

/** @throws {TypeError} The value is a client of neither package. */
function commandsOf(client: RedisCommands | IoredisCommands): RedisCommands {
  // A client of ioredis has a `sendCommand` too, but with other arguments.
  if (isRecord(client) && typeof client.call === 'function') {
    const { call } = client as IoredisCommands
    return { sendCommand: ([name = '', ...args]) => call.call(client, name, args) }
  }
  checkMethods('RedisStore.client', client, ['sendCommand'])
  return client as RedisCommands
}

const claimArgs = ({ key, target, max }: CreditClaim): (string | number)[] => [key, target, max]

const bansOf = (cells: Reply): BanChange[] =>
  chunksOf(cells, 3).map(([publicId, record, remainingMs]) => ({
    publicId: String(publicId),
    record: record === '' ? undefined : String(record),
    remainingMs: Number(remainingMs),
  }))
