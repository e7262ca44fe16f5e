import { type OnConnectionClosed, rtspServerDefaults, udpLivenesses } from 'rtspool'
import { type SessionBinding, sessionPoolDefaults } from 'rtspool/session-pool'
import { z } from 'zod'
import { count, key, maxTimeout, seconds } from '../key-meta.js'

const closedPolicies = ['end', 'keep'] as const satisfies readonly OnConnectionClosed[]
const bindings = ['owner', 'address', 'none'] as const satisfies readonly SessionBinding[]

/** Section `sessions` of the configuration: lifetimes of sessions and connections. */
export const sessionsSection = z.strictObject({
  timeout: key(z.int().min(0).max(maxTimeout).default(sessionPoolDefaults.timeout), {
    description:
      'end a session after this time without a sign of life, plus extraTimeout; 0 = never; some clients need 10 or more',
    unit: 'seconds',
    flag: '--session-timeout <seconds>',
    flagText:
      'end a session after this many seconds without a sign of life, plus 5; 0 = never; some clients need 10 or more',
  }),
  extraTimeout: key(z.int().min(0).max(maxTimeout).default(sessionPoolDefaults.extraTimeout), {
    description: 'time of grace after timeout that clients are not told of',
    unit: 'seconds',
  }),
  timeoutAlwaysVisible: key(z.boolean().default(rtspServerDefaults.pool.timeoutAlwaysVisible), {
    description: 'announce a timeout of 60, the default of RTSP, as well',
  }),
  binding: key(z.enum(bindings).default(sessionPoolDefaults.sessionBinding), {
    description: 'properties that a client must share with the owner of a session to use it',
  }),
  onConnectionClosed: key(z.enum(closedPolicies).default('end'), {
    description: 'end an interleaved session with its connection, or keep it paused',
    live: true,
  }),
  udpLiveness: key(z.enum(udpLivenesses).default(rtspServerDefaults.udpLiveness), {
    description:
      'sign of life of UDP viewers: connection, while it is open, or client, only their requests and RTCP',
    flag: '--udp-liveness <sign>',
    live: true,
  }),
  maxLeavers: key(count().default(rtspServerDefaults.pool.maxLeavers), {
    description: 'number of sessions that are remembered after they have left; 0 = none',
    live: true,
  }),
  idleTimeout: key(seconds().default(rtspServerDefaults.idleTimeout), {
    description: 'close a connection without session after this time without bytes; 0 = never',
    unit: 'seconds',
    live: true,
  }),
  drainSeconds: key(seconds().default(0), {
    description:
      'at SIGTERM, refuse newcomers and let the sessions leave one after the other within this time; 0 = end all at once',
    unit: 'seconds',
    flag: '--drain-seconds <seconds>',
    flagText:
      'at SIGTERM, refuse newcomers and let the sessions leave one after the other within this many seconds; 0 = end all at once',
    live: true,
  }),
  drainDelaySeconds: key(seconds().default(0), {
    description:
      'at SIGTERM, say for this time that the server is not ready, and serve all, before the sessions leave or end; balancers look away meanwhile',
    unit: 'seconds',
    flag: '--drain-delay <seconds>',
    flagText:
      'at SIGTERM, say for this many seconds that the server is not ready, and serve all, before the sessions leave or end',
    live: true,
  }),
})
