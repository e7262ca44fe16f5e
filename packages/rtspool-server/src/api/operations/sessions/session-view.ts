import {
  removalReasons,
  type Session,
  type SessionSummary,
  type StreamStats,
  streamStatsOf,
} from 'rtspool'
import type { ClusterSession } from 'rtspool/cluster'
import { z } from 'zod'
import { nodeName, nodeView } from '../../cluster-answers.js'
import { components } from '../../components.js'
import { count, groups, isoTime, publicId, sessionState, time } from '../../values.js'

/** Members of a session that the API returns while the session lives, and after its end. */
export const sessionFacts = {
  publicId,
  state: sessionState,
  paths: z.array(z.string()),
  address: z.string().optional(),
  user: z.string().optional(),
  userAgent: z.string().optional(),
  transport: z.string().optional().describe('TCP, UDP or multicast'),
  groups: groups.optional(),
  createdTime: time,
}

/** Schema of a session, as the API returns it. */
export const sessionSchema = z
  .object({
    ...sessionFacts,
    action: z.enum(['read', 'publish']).optional(),
    tunnel: z.string().optional(),
    isSecure: z.boolean().optional(),
    connectionId: z.string().optional(),
    lastAccessTime: time,
    timeoutSeconds: z.number().describe('0 = never'),
    maxLifetimeSeconds: z.number().describe('Longest life since the creation; 0 = unlimited'),
    expiresAt: z.number().optional().describe('Seconds since 1970; absent = never'),
    removalReason: z.enum(removalReasons).optional().describe('Present after the end'),
    removalNote: z.string().optional().describe('Free text of who ended the session'),
    stats: z.object({
      ...{ packetsIn: count, bytesIn: count, packetsOut: count, bytesOut: count },
      ...{ packetsLost: count, packetsDropped: count },
    }),
    queuedBytes: count.describe('Bytes that wait in the server for the client to read'),
    node: nodeName.optional(),
  })
  .register(components, { id: 'Session' })

/** Schema of the last RTCP reception report that a client has sent about one track of its session. */
export const receptionSchema = z.object({
  fractionLost: z.number(),
  cumulativeLost: z.number(),
  jitterMs: z.number(),
  roundTripMs: z.number().optional(),
})

const streamSchema = z
  .object({
    path: z.string(),
    track: count,
    mode: z.enum(['play', 'record']),
    lowerTransport: z.string(),
    ssrc: count.optional(),
    reception: receptionSchema.optional().describe('Last reception report'),
    malformedRtcp: count,
    invalidPackets: count,
    rejectedPackets: count,
  })
  .register(components, { id: 'Stream' })

/** Schema of a session with its tracks. */
export const detailsSchema = sessionSchema
  .extend({ streams: z.array(streamSchema) })
  .register(components, { id: 'SessionDetails' })

/** Converts a session of this server to the form in which the API returns it. */
export const sessionView = (session: Session): z.output<typeof sessionSchema> =>
  summaryView(session.toJSON(), session.queuedBytes)

/** Converts a session of a cluster to the form in which the API returns it. */
export const clusterSessionView = (session: ClusterSession): z.output<typeof sessionSchema> =>
  summaryView(session, session.queuedBytes, nodeView(session.node))

/**
 * Converts the summary of a session to the form in which the API returns it. The result is a plain
 * literal, because rest and spread took three fifths of the time of a list.
 */
function summaryView(
  facts: SessionSummary,
  queuedBytes: number,
  node?: z.output<typeof nodeName>,
): z.output<typeof sessionSchema> {
  const { owner, stats } = facts
  return {
    publicId: facts.publicId,
    state: facts.state,
    action: facts.action,
    paths: facts.paths.slice(),
    address: owner?.address,
    user: owner?.user,
    userAgent: facts.userAgent,
    transport: facts.transport,
    tunnel: facts.tunnel,
    isSecure: facts.isSecure,
    connectionId: facts.connectionId,
    groups: facts.groups && { ...facts.groups },
    createdTime: isoTime(facts.createdTime),
    lastAccessTime: isoTime(facts.lastAccessTime),
    timeoutSeconds: facts.timeout,
    maxLifetimeSeconds: facts.maxLifetime,
    expiresAt: facts.expiresAt,
    removalReason: facts.removalReason,
    removalNote: facts.removalNote,
    stats: {
      packetsIn: stats.packetsIn,
      bytesIn: stats.bytesIn,
      packetsOut: stats.packetsOut,
      bytesOut: stats.bytesOut,
      packetsLost: stats.packetsLost,
      packetsDropped: stats.packetsDropped,
    },
    queuedBytes,
    node,
  }
}

function streamView({ index, reception, ...stream }: StreamStats): z.output<typeof streamSchema> {
  return {
    ...{ path: stream.path, track: index, mode: stream.mode, ssrc: stream.ssrc },
    lowerTransport: stream.lowerTransport,
    reception: reception && {
      fractionLost: reception.fractionLost,
      cumulativeLost: reception.cumulativeLost,
      jitterMs: reception.jitterMs,
      roundTripMs: reception.roundTripMs,
    },
    malformedRtcp: stream.malformedRtcp,
    invalidPackets: stream.invalidPackets,
    rejectedPackets: stream.rejectedPackets,
  }
}

/** Converts a session of this server with its tracks to the form in which the API returns it. */
export const detailsView = (session: Session): z.output<typeof detailsSchema> => ({
  ...sessionView(session),
  streams: streamStatsOf(session).map(streamView),
})
