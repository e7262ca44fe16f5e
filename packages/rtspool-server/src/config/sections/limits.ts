import { rtspServerDefaults } from 'rtspool'
import { type FullPolicy, sessionPoolDefaults } from 'rtspool/session-pool'
import { z } from 'zod'
import { groupName } from '../../access/session-groups.js'
import { count, key, network, seconds } from '../key-meta.js'

/**
 * Minimum of the default limit on the sessions of one address. It is enough for the programs of one
 * machine, and for viewers behind a small NAT.
 */
export const minShare = 16

/**
 * Returns the default limit on the sessions of one address: a quarter of `maxSessions`, but at
 * least {@link minShare}. One address thus cannot use all sessions, but many viewers behind one NAT can
 * play.
 */
export const shareOf = (maxSessions: number): number =>
  maxSessions === 0 ? 0 : Math.max(minShare, Math.ceil(maxSessions / 4))

const fullPolicies = ['reject', 'evictOldestIdle'] as const satisfies readonly FullPolicy[]

/** Section `limits` of the configuration: limits on sessions and connections. */
export const limitsSection = z.strictObject({
  maxSessions: key(count().default(1000), {
    description: 'limit on sessions; 0 = unlimited',
    flag: '--max-sessions <n>',
    live: true,
  }),
  maxSessionsPerAddress: key(count().optional(), {
    description:
      'limit on the sessions of one address; 0 = unlimited, for many viewers behind one NAT',
    flag: '--max-sessions-per-address <n>',
    defaultText: `a quarter of limits.maxSessions, at least ${minShare}; unlimited if that is 0`,
    live: true,
    examples: [250],
  }),
  maxSessionsPerUser: key(count().default(sessionPoolDefaults.maxSessionsPerUser), {
    description: 'limit on the sessions of one user; 0 = unlimited',
    live: true,
  }),
  maxSessionsPerPath: key(count().default(sessionPoolDefaults.maxSessionsPerPath), {
    description: 'limit on the sessions of one path; 0 = unlimited',
    live: true,
  }),
  maxSessionsPerGroup: key(
    z.record(groupName(), z.record(z.string().min(1), count())).default({}),
    {
      description:
        'limits on the sessions of groups, by name and value of the group; 0 = unlimited; hooks and tokens put sessions into groups',
      defaultText: 'unlimited',
      live: true,
      expected: 'groups with a number for each value, such as plan: { free: 50 }',
      examples: [{ plan: { free: 50 } }],
    },
  ),
  maxIdleSetup: key(seconds().default(rtspServerDefaults.pool.maxIdleSetup), {
    description: 'time within which a new session must play or record; 0 = unlimited',
    unit: 'seconds',
    live: true,
  }),
  maxLifetime: key(seconds().default(sessionPoolDefaults.maxLifetime), {
    description: 'longest life of a session; 0 = unlimited; holds for sessions created later',
    unit: 'seconds',
    live: true,
  }),
  fullPolicy: key(z.enum(fullPolicies).default(sessionPoolDefaults.fullPolicy), {
    description:
      'reject refuses a session over a limit; evictOldestIdle removes the longest silent one',
  }),
  maxConnections: key(count().default(rtspServerDefaults.maxConnections), {
    description:
      'limit on connections; 0 = unlimited; never more than the descriptors of the process minus 64, with a number of send threads half of that',
    flag: '--max-connections <n>',
    live: true,
  }),
  maxConnectionsPerAddress: key(count().optional(), {
    description: 'limit on the connections of one address; 0 = unlimited',
    flag: '--max-connections-per-address <n>',
    defaultText: 'a quarter of --max-connections',
    live: true,
    examples: [2500],
  }),
  trustedAddresses: key(z.array(network()).default([...rtspServerDefaults.trustedAddresses]), {
    description:
      'addresses and networks without a limit per address, such as proxies; none = no address',
    flag: '--trusted-addresses <list>',
    live: true,
  }),
})
