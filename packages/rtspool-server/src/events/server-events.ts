import {
  type Ban,
  type MediaInfo,
  type RtspServer,
  type RtspServerEvents,
  type Session,
  type SessionPoolEvents,
  systemClock,
} from 'rtspool'
import type { EventFeed } from './event-feed.js'
import type { EventType } from './event-types.js'

type Facts = Readonly<Record<string, unknown>>

/**
 * Publishes the events of a server and its pool in the feed.
 *
 * @returns A function that stops publishing.
 */
export function feedServerEvents(server: RtspServer, feed: EventFeed): () => void {
  const stops = [...poolEvents(server, feed), ...viewerEvents(server, feed)]
  stops.push(...mediaEvents(server, feed), ...loadEvents(server, feed))
  return () => {
    for (const stop of stops) stop()
  }
}

function poolEvents({ pool }: RtspServer, feed: EventFeed): (() => void)[] {
  const on = <Name extends keyof SessionPoolEvents & EventType>(
    name: Name,
    factsOf: (...args: SessionPoolEvents[Name]) => Facts,
  ) => {
    const listener = (...args: SessionPoolEvents[Name]) => feed.publish(name, factsOf(...args))
    pool.on(name, listener as never)
    return () => void pool.off(name, listener as never)
  }
  return [
    on('sessionCreated', sessionFacts),
    on('sessionRefused', ({ limit, owner, path, group }) => ({
      ...{ limit, path, address: owner?.address, user: owner?.user, group },
    })),
    on('sessionStateChanged', (session, state, previous) => ({
      ...sessionFacts(session),
      ...{ state, previous },
    })),
    on('sessionRemoved', (session, reason) => ({
      ...sessionFacts(session),
      reason,
      seconds: Math.round(systemClock.now() - session.createdAt) / 1000,
      note: session.removalNote,
      stats: { ...session.stats },
    })),
    on('banned', banFacts),
    on('banHit', ({ publicId: ban }, { address, user, path, count }) => ({
      ...{ ban, address, user, path, count },
    })),
    on('unbanned', (ban, reason) => ({ ...banFacts(ban), end: reason, hits: ban.hits })),
  ]
}

/**
 * Publishes one event of the server in the feed, whenever it is emitted.
 *
 * @param factsOf - Returns the members of the published event.
 * @returns A function that stops publishing.
 */
function onServer<Name extends keyof RtspServerEvents & EventType>(
  server: RtspServer,
  feed: EventFeed,
  name: Name,
  factsOf: (...args: RtspServerEvents[Name]) => Facts,
): () => void {
  const listener = (...args: RtspServerEvents[Name]) => feed.publish(name, factsOf(...args))
  server.on(name, listener as never)
  return () => void server.off(name, listener as never)
}

const viewerEvents = (server: RtspServer, feed: EventFeed): (() => void)[] => [
  onServer(server, feed, 'viewerFellBehind', sessionFacts),
  onServer(server, feed, 'viewerCaughtUp', (session, { packetsDropped, seconds }) => ({
    ...sessionFacts(session),
    ...{ packetsDropped, seconds },
  })),
]

const mediaEvents = (server: RtspServer, feed: EventFeed): (() => void)[] => [
  onServer(server, feed, 'publishStarted', (_path, { session }) => sessionFacts(session)),
  onServer(server, feed, 'publishEnded', (_path, { session }) => sessionFacts(session)),
  onServer(server, feed, 'mediaStarted', mediaFacts),
  onServer(server, feed, 'mediaEnded', mediaFacts),
]

const loadEvents = (server: RtspServer, feed: EventFeed): (() => void)[] => [
  onServer(server, feed, 'pressureChanged', ({ level, value, parts, refusedSetups }, previous) => ({
    ...{ level, previous, pressure: value, parts: { ...parts }, refusedSetups },
  })),
]

/**
 * Returns the facts of a session for an event: public id, owner, paths and so on. The session id
 * itself is a secret.
 */
function sessionFacts({ publicId, paths, owner, use, groups }: Session): Facts {
  return {
    session: publicId,
    path: paths[0],
    address: owner?.address,
    user: owner?.user,
    transport: use?.transport,
    userAgent: use?.userAgent,
    groups,
  }
}

/** Returns the facts of a ban for an event: id, subject, end and origin. */
const banFacts = ({ publicId: ban, address, user, path, until, reason, author, cause }: Ban) => ({
  ...{ ban, address, user, path, until, reason, author, cause },
})

/** Returns the facts of a media for an event: public id and path. */
export const mediaFacts = ({ publicId, path }: MediaInfo): Facts => ({ media: publicId, path })
