import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../clock.js'
import {
  checkClock,
  checkInteger,
  checkMethods,
  checkOptions,
  checkText,
  shown,
} from '../option-checks.js'
import type { ClusterStore } from './cluster-store.js'
import type { ClusterMemberOptions, PartitionPolicy } from './node/cluster-member.js'
import { clusterStoreDefaults } from './store-options.js'

/** Options of a {@link ClusterNode}. @experimental */
export interface ClusterNodeOptions {
  /** Shared data of the cluster. The application closes the client of the store after the node. */
  readonly store: ClusterStore
  /** Name of the node for people, such as the name of its machine. @defaultValue none */
  readonly name?: string | undefined
  /** Address of the node for other nodes and people, such as `rtsp://10.0.0.7`. @defaultValue none */
  readonly address?: string | undefined
  /** Behaviour of the node while it cannot reach the store. @defaultValue 'keep' */
  readonly policy?: PartitionPolicy | undefined
  /**
   * Keys of 32 bytes that all nodes share, with which session ids name their node: see {@link NodeIdCodec}.
   *
   * @defaultValue none: session ids do not name their node
   */
  readonly idKeys?: readonly Uint8Array[] | undefined
  /**
   * Secret of at least 16 characters that all nodes share, by which they recognize requests of each other for streams.
   *
   * @defaultValue none: requests of other nodes are like those of clients
   */
  readonly peerKey?: string | undefined
  /** Milliseconds for which one beat (sign of life) keeps the node a member: `leaseMs` of the store. @defaultValue 10000 */
  readonly leaseMs?: number | undefined
  /** Milliseconds between two beats, at most a third of `leaseMs`. @defaultValue 1000 */
  readonly beatMs?: number | undefined
  /** Milliseconds for which changes of sessions are collected, before the store gets them. @defaultValue 500 */
  readonly flushMs?: number | undefined
  /**
   * Maximum milliseconds for which a new client waits for a credit that another node gives back. Clients wait only
   * while the store can be reached; 0 = none waits.
   *
   * @defaultValue 3000
   */
  readonly waitMs?: number | undefined
  /**
   * Number of idle credits that the node keeps, so that new sessions need no wait for the store; 0 = none. A node gives
   * them back when others need credits.
   *
   * @defaultValue 8
   */
  readonly spareCredits?: number | undefined
  /**
   * Number of sessions that the node admits without credits under each limit but `maxSessions`, while the store does not
   * reply, under the policy `keep`; 0 = none. Such a limit may be exceeded by as many on each node.
   *
   * @defaultValue 4
   */
  readonly overdraft?: number | undefined
  /** Maximum number of removed sessions whose records wait for the store. @defaultValue 10000 */
  readonly maxPendingRemovals?: number | undefined
  /** Clock of the node; a test passes its own. @defaultValue systemClock */
  readonly clock?: Clock | undefined
}

export const clusterNodeDefaults = Object.freeze({
  policy: 'keep',
  leaseMs: clusterStoreDefaults.leaseMs,
  beatMs: 1000,
  flushMs: 500,
  waitMs: 3000,
  spareCredits: 8,
  overdraft: 4,
  maxPendingRemovals: 10_000,
} as const satisfies Omit<ClusterNodeOptions, 'store'>)

/** Options of a node with a value for each that has a default. */
export interface ResolvedNodeOptions extends Record<keyof typeof least, number> {
  readonly store: ClusterStore
  readonly policy: PartitionPolicy
  readonly clock: Clock
  /** Description of the node for other nodes: JSON text. */
  readonly info: string
  readonly idKeys: readonly Uint8Array[] | undefined
  readonly peerKey: string | undefined
}

/** Smallest values of the options that are numbers. */
const least = {
  leaseMs: 3,
  beatMs: 1,
  flushMs: 1,
  waitMs: 0,
  spareCredits: 0,
  overdraft: 0,
  maxPendingRemovals: 0,
}

/** Version of the requests between nodes, which a node tells the others. */
const peerProtocol = 2

/** Number of beats that a lease lasts at least, so that two lost ones do not end it. */
const beatsPerLease = 3

/**
 * Checks the options of a node, and fills in the defaults.
 *
 * @throws {RangeError | TypeError} when an option is invalid, unknown, or missing.
 */
export function resolveNodeOptions(options: ClusterNodeOptions): ResolvedNodeOptions {
  const others = ['store', 'name', 'address', 'policy', 'idKeys', 'peerKey', 'clock']
  checkOptions('ClusterNode', options, [...Object.keys(least), ...others])
  const { store, name, address, idKeys, peerKey, clock = systemClock } = options
  checkMethods('ClusterNode.store', store, [
    'join',
    'beat',
    'flush',
    'reap',
    'leave',
    'ban',
    'unban',
  ])
  if (name !== undefined) checkText('ClusterNode.name', name)
  if (address !== undefined) checkText('ClusterNode.address', address)
  if (peerKey !== undefined) checkKey(peerKey)
  checkClock(clock)
  const policy: unknown = options.policy ?? clusterNodeDefaults.policy
  if (policy !== 'keep' && policy !== 'strict') {
    throw new TypeError(`ClusterNode.policy must be 'keep' or 'strict', got ${shown(policy)}`)
  }
  const numbers = Object.entries(least).map(([key, first]) => {
    const value =
      options[key as keyof typeof least] ?? clusterNodeDefaults[key as keyof typeof least]
    return [key, checkInteger(`ClusterNode.${key}`, value, first)]
  })
  const resolved = Object.fromEntries(numbers) as Record<keyof typeof least, number>
  checkInteger(
    'ClusterNode.beatMs',
    resolved.beatMs,
    1,
    Math.floor(resolved.leaseMs / beatsPerLease),
  )
  const info = JSON.stringify({ name, address, protocol: peerProtocol })
  return { ...resolved, store, policy, idKeys, peerKey, clock, info }
}

/** Number of characters of the shortest key that nodes share. */
const leastKey = 16

function checkKey(key: unknown): void {
  checkText('ClusterNode.peerKey', key)
  const { length } = key as string
  if (length >= leastKey) return
  throw new RangeError(
    `ClusterNode.peerKey must have at least ${leastKey} characters, got ${length}`,
  )
}

/** Returns the options of the member that a node is, with random tags and nonces. */
export function memberOptionsOf(
  { info, policy, leaseMs, spareCredits, overdraft, maxPendingRemovals }: ResolvedNodeOptions,
  onFenced: () => void,
): ClusterMemberOptions {
  return {
    ...{ info, policy, leaseMs, spareCredits, overdraft, maxPendingRemovals, onFenced },
    createTag: () => randomBytes(4).toString('hex'),
    createNonce: () => randomBytes(16).toString('hex'),
  }
}
