import type { PartitionPolicy } from 'rtspool/cluster'
import { z } from 'zod'
import { file, fileText, key } from '../../key-meta.js'

const policies = ['keep', 'strict'] as const satisfies readonly PartitionPolicy[]
const elsewhere = ['reject', 'relay'] as const
const maxLeaseSeconds = 3600
const maxProcesses = 64
export const urlText =
  'an address such as redis://127.0.0.1:6379, unix:///run/redis.sock, redis+sentinel://HOST:26379,HOST:26379/MASTER or redis+cluster://HOST:6379,HOST:6379'
const hosts = /(?:[^/?#@]*@)?[^\s/?#@,]+(?:,[^\s/?#@,]+)*/.source
const groupPattern = new RegExp(
  `^rediss?\\+(?:sentinel://${hosts}/[^/?#]+(?:\\?[^#]*)?|cluster://${hosts}/?)$`,
)
/** Returns whether a text is the URL of a Redis. */
export const isStoreUrl = (text: string): boolean =>
  groupPattern.test(text) || (URL.canParse(text) && /^(rediss?:\/\/.|unix:\/\/\/.)/.test(text))

const maxOverdraft = 1_000_000
const maxHoldSeconds = 86_400
/** Number of characters of the shortest secret. */
export const leastKey = 16
const addressText = 'an address such as rtsp://10.0.0.7:8554'
const isServerUrl = (text: string): boolean =>
  /^rtsps?:\/\/[^/@\s]+$/.test(text) && URL.canParse(text)

/** Creates the schema of a file with the text of another key. */
const secretFile = (name: string, example: string) =>
  key(file().optional(), {
    description: `file with the text of ${name}, instead of ${name}`,
    defaultText: 'none',
    isFile: true,
    expected: fileText,
    examples: [example],
  })

/** Section `cluster` of the configuration: limits, bans and streams that several servers or processes share. */
export const clusterSection = z.strictObject({
  url: key(z.string().refine(isStoreUrl, urlText).optional(), {
    description:
      'Redis through which servers share limits on sessions, bans and streams: one server, Redis Sentinels or a Redis Cluster; experimental; needs the package @redis/client',
    flag: '--cluster <url>',
    defaultText: 'no cluster',
    isSecret: true,
    expected: urlText,
    examples: ['redis://127.0.0.1:6379'],
  }),
  urlFile: secretFile('url', 'store.url'),
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
  address: key(z.string().refine(isServerUrl, addressText).optional(), {
    description: 'address at which the other servers reach this one, to pull streams',
    defaultText: 'the first address of the machine, and the port of rtsp',
    expected: addressText,
    examples: ['rtsp://10.0.0.7:8554'],
  }),
  key: key(z.string().min(leastKey).optional(), {
    description:
      'secret of 16 and more characters by which the servers recognize each other; without it they pull streams like any client, with neither user nor password; the same on all servers',
    defaultText: 'none',
    isSecret: true,
    examples: ['a secret of all servers'],
  }),
  keyFile: secretFile('key', 'cluster.key'),
  idKeys: key(
    z
      .array(
        key(z.string().min(leastKey), {
          description: 'a secret',
          isSecret: true,
          expected: 'text of 16 and more characters',
        }),
      )
      .default([]),
    {
      description:
        'secrets by which session ids name their server to the other servers; the first makes new ids; the same on all servers',
      isSecret: true,
      expected: 'a list of texts of 16 and more characters',
      defaultText: 'none: session ids name no server',
      examples: [['a secret for ids of sessions']],
    },
  ),
  idKeysFile: key(file().optional(), {
    description: 'file with the secrets of idKeys, one on each line, instead of idKeys',
    defaultText: 'none',
    isFile: true,
    expected: fileText,
    examples: ['ids.key'],
  }),
  sessionsElsewhere: key(z.enum(elsewhere).default('reject'), {
    description:
      'for a request whose session is on another server: reject responds 454; relay passes the request on to that server, joins HTTP tunnels of two servers, and needs key, idKeys and address on all servers',
  }),
  holdSeconds: key(z.number().min(0).max(maxHoldSeconds).default(30), {
    description:
      'time for which viewers of a stream from another server wait when it ends, or its server is away',
    unit: 'seconds',
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
  overdraft: key(z.int().min(0).max(maxOverdraft).default(4), {
    description:
      'sessions that this server admits beyond its places under each limit but maxSessions, while the store is away, with the policy keep; 0 = none',
  }),
})
