import type { PartitionPolicy } from 'rtspool/cluster'
import { z } from 'zod'
import { key } from '../../key-meta.js'

const policies = ['keep', 'strict'] as const satisfies readonly PartitionPolicy[]
const maxLeaseSeconds = 3600
const maxProcesses = 64
const urlText = 'an address such as redis://127.0.0.1:6379 or unix:///run/redis.sock'
const isStoreUrl = (text: string): boolean =>
  URL.canParse(text) && /^(rediss?:\/\/.|unix:\/\/\/.)/.test(text)

/** Section `cluster` of the configuration: limits and bans that several servers or processes share. */
export const clusterSection = z.strictObject({
  url: key(z.string().refine(isStoreUrl, urlText).optional(), {
    description:
      'Redis through which servers share limits on sessions, and bans; experimental; needs the package @redis/client',
    flag: '--cluster <url>',
    defaultText: 'no cluster',
    isSecret: true,
    expected: urlText,
    examples: ['redis://127.0.0.1:6379'],
  }),
  processes: key(z.int().min(1).max(maxProcesses).default(1), {
    description:
      'processes of this server, which share its ports, limits and bans without Redis; experimental',
    flag: '--processes <n>',
  }),
  name: key(z.string().min(1).default('rtspool'), {
    description: 'name of the cluster, the same on all its servers',
  }),
  node: key(z.string().min(1).optional(), {
    description: 'name of this server, for people',
    defaultText: 'the name of the machine',
    examples: ['node-1'],
  }),
  leaseSeconds: key(z.number().min(1).max(maxLeaseSeconds).default(10), {
    description:
      'time after the last sign of life in which a server counts as alive; the same on all servers; ten signs of life in each',
    unit: 'seconds',
  }),
  graceSeconds: key(z.number().min(1).max(maxLeaseSeconds).default(20), {
    description:
      'time after the lease until others may have the places of a server; the same on all servers',
    unit: 'seconds',
  }),
  policy: key(z.enum(policies).default('keep'), {
    description:
      'while Redis, or the parent of the processes, is away: keep lets sessions live on; strict ends them, so that no limit is exceeded',
  }),
})
