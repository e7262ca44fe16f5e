import { z } from 'zod'
import { liveDefaults } from '../../live/live-options.js'
import { bytes, count, host, hostText, key, port } from '../key-meta.js'

const accesses = ['ticket', 'anyone'] as const
const defaultMaxConnections = 1000

/** Returns whether a text is the origin of a web page, such as `https://example.com`. */
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

const originText = 'an origin such as https://example.com'
const atLeast = (least: number) => z.int().min(least)

/** Section `live` of the configuration: the live picture for browsers. */
export const liveSection = z.strictObject({
  port: key(z.union([port(), z.literal(false)]).default(false), {
    description: 'TCP port of WebSockets for browsers; 0 lets the system choose, false = none',
    flag: '--live-port <port>',
  }),
  host: key(host().optional(), {
    description: 'address or name to listen on',
    defaultText: 'rtsp.host',
    expected: hostText,
    examples: ['127.0.0.1'],
  }),
  tls: key(z.boolean().default(false), {
    description: 'use TLS, with the certificate of the section tls',
  }),
  access: key(z.enum(accesses).default('ticket'), {
    description:
      'browsers that may watch: ticket = those with a ticket of the control API; anyone = all, where everybody may play',
    flag: '--live-access <who>',
  }),
  allowedOrigins: key(
    z
      .array(key(z.string().refine(isOrigin, originText), { description: originText }))
      .default([...liveDefaults.allowedOrigins]),
    {
      description:
        'origins of web pages that may watch, besides pages of the same host; without tickets of this port only, called by an IP address or localhost',
      examples: [['https://example.com']],
    },
  ),
  maxConnections: key(count().default(defaultMaxConnections), {
    description: 'limit on connections of browsers; 0 = unlimited',
  }),
  maxConnectionsPerAddress: key(count().optional(), {
    description:
      'limit on the connections of one address; 0 = unlimited; this machine has no limit',
    defaultText: 'a quarter of live.maxConnections',
    examples: [250],
  }),
  ticketSeconds: key(atLeast(1).default(liveDefaults.ticketSeconds), {
    description: 'time in which a ticket can be used',
    unit: 'seconds',
  }),
  maxTickets: key(atLeast(1).default(liveDefaults.maxTickets), {
    description: 'tickets that wait; one more drops the oldest',
  }),
  maxQueuedBytes: key(atLeast(1).default(liveDefaults.maxQueuedBytes), {
    description: 'bytes that may wait for one browser; above, it is sent nothing up to a key frame',
    unit: 'bytes',
  }),
  maxKeptBytes: key(bytes().default(liveDefaults.maxKeptBytes), {
    description:
      'bytes since the last key frame that are kept of each stream for new browsers; 0 = they wait for the next one',
    unit: 'bytes',
  }),
  slowReaderTimeout: key(atLeast(1).default(liveDefaults.slowReaderTimeout), {
    description: 'time without any byte read after which the session of a browser ends',
    unit: 'seconds',
  }),
  pingSeconds: key(atLeast(1).default(liveDefaults.pingSeconds), {
    description:
      'time between two pings; a browser that has not responded to one by the next is gone',
    unit: 'seconds',
  }),
})
