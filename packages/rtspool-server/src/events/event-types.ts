/** Types of the events that the API and webhooks send, with their meanings. */
export const eventTypes = Object.freeze({
  sessionCreated: 'A client has got a session.',
  sessionRefused: 'A client got no session, because of a limit or the application.',
  sessionStateChanged: 'A session has begun or stopped to play or record.',
  sessionRemoved: 'A session has left, with its reason and its figures.',
  viewerFellBehind: 'A viewer reads too slowly: packets are left out for it.',
  viewerCaughtUp: 'A viewer that was behind is sent packets again.',
  publishStarted: 'A client has begun to record to a path.',
  publishEnded: 'The publisher of a path has left.',
  mediaStarted: 'The source of a media has started.',
  mediaDown: 'A media that plays has had no packet for some seconds, or its source is away.',
  mediaUp: 'A media that was down has packets again.',
  mediaEnded: 'A media that had started has ended.',
  sourceStateChanged:
    'The source of a path has entered another state, with the reason and the next attempt.',
  recordingStarted: 'A recording of a path has created its first file.',
  recordingStopped: 'A recording has ended, with its reason and its size.',
  recordingFailed: 'A recording has failed, with the reason and the time to the next attempt.',
  segmentClosed: 'A file of a recording is complete.',
  segmentRemoved:
    'A file of a recording was removed: it was too old, others needed its room, or somebody deleted it.',
  limitNear: 'The number of sessions or connections has reached 80 % of a limit.',
  pressureChanged: 'The measures against overload have changed, with the load and its parts.',
  drainStarted: 'The server accepts no new clients, and its sessions leave within some seconds.',
  configChanged: 'The configuration in use has changed.',
  configRefused: 'A change of the configuration was refused, with its problems.',
  banned: 'A ban has been added or changed.',
  banHit: 'A ban has kept clients out: at once, then at most every 10 s.',
  unbanned: 'A ban no longer holds.',
  shareCreated: 'A link that lets others watch a path has been created.',
  shareEnded: 'A share link has expired or was revoked.',
  limitsChanged: 'The API has changed limits.',
  eventsLost: 'Events between the last one received and the next one are no longer kept.',
} as const)

/** Type of an event. */
export type EventType = keyof typeof eventTypes

export const eventTypeNames = Object.freeze(Object.keys(eventTypes)) as readonly EventType[]
