import type { ServerEvent } from '../api/event-parser.js'

/** Types of events of the control API, in the order in which the filter of the page lists them. */
export const eventTypes = Object.freeze([
  ...['sessionCreated', 'sessionRefused', 'sessionStateChanged', 'sessionRemoved'],
  ...['viewerFellBehind', 'viewerCaughtUp', 'publishStarted', 'publishEnded'],
  ...['mediaStarted', 'mediaDown', 'mediaUp', 'mediaEnded', 'limitNear', 'limitsChanged'],
  ...['recordingStarted', 'recordingStopped', 'recordingFailed', 'segmentClosed'],
  ...['segmentRemoved', 'sourceStateChanged'],
  ...['banned', 'banHit', 'unbanned', 'pressureChanged', 'drainStarted'],
  ...['shareCreated', 'shareEnded', 'configChanged', 'configRefused', 'eventsLost'],
] as const)

type Say = (event: ServerEvent) => string

const sentences: Readonly<Record<string, Say>> = {
  sessionCreated: (event) => `${who(event)} has got a session at ${path(event)}`,
  sessionRefused: (event) => `${who(event)} got no session at ${path(event)}: ${event.limit}`,
  sessionStateChanged: (event) =>
    `${who(event)} at ${path(event)}: ${event.previous} → ${event.state}`,
  sessionRemoved: (event) =>
    `${who(event)} has left ${path(event)} after ${seconds(event)}: ${event.reason}${note(event)}`,
  viewerFellBehind: (event) => `${who(event)} reads ${path(event)} too slowly`,
  viewerCaughtUp: (event) =>
    `${who(event)} reads ${path(event)} in time again, ${event.packetsDropped} packets were left out`,
  publishStarted: (event) => `${who(event)} publishes ${path(event)}`,
  publishEnded: (event) => `${who(event)} publishes ${path(event)} no longer`,
  mediaStarted: (event) => `${path(event)} has started`,
  mediaDown: (event) => `${path(event)} has had no packet for ${seconds(event)}`,
  mediaUp: (event) => `${path(event)} has packets again after ${seconds(event)}`,
  mediaEnded: (event) => `${path(event)} has ended`,
  recordingStarted: (event) => `${path(event)} is recorded by ${textOf(event.recording)}`,
  recordingStopped: (event) =>
    `${path(event)} is no longer recorded by ${textOf(event.recording)}: ${event.reason}`,
  recordingFailed: (event) =>
    `${path(event)} cannot be recorded by ${textOf(event.recording)}: ${textOf(event.message)}`,
  segmentClosed: (event) => `${textOf(event.file)} is complete`,
  segmentRemoved: (event) => `${textOf(event.file)} was removed: ${textOf(event.cause)}`,
  sourceStateChanged: (event) => {
    const why = event.lastError ?? event.reason
    return `source of ${path(event)}: ${textOf(event.state)}${why === undefined ? '' : ` (${textOf(why)})`}`
  },
  limitNear: (event) => `${event.count} of ${event.max}: ${event.limit}${subject(event)}`,
  pressureChanged: (event) =>
    `measures against overload: ${event.previous} → ${event.level}, load ${Number(event.pressure).toFixed(2)}`,
  drainStarted: (event) =>
    `no new clients; ${event.sessions} sessions leave within ${seconds(event)}`,
  banned: (event) => `ban of ${subject(event).trim()}${note(event)}`,
  banHit: (event) => `ban has kept out ${subject(event).trim()}`,
  unbanned: (event) => `ban of ${subject(event).trim()} holds no longer: ${event.end}`,
  shareCreated: (event) =>
    `${textOf(event.author)} shares ${path(event)} by the link ${textOf(event.name)}`,
  shareEnded: (event) => `link ${textOf(event.name)} to ${path(event)} has ended: ${event.by}`,
  eventsLost: (event) => `${event.count} events are no longer kept`,
}

/**
 * Members of an event that a sentence about it leaves out, because the table shows them in separate
 * columns.
 */
const silent: readonly string[] = ['id', 'type', 'time']

/** Formats an event as a sentence. For an unknown type, lists the members of the event. */
export function wordsOf(event: ServerEvent): string {
  const say = sentences[event.type]
  if (say) return say(event)
  const members = Object.entries(event).filter(([name]) => !silent.includes(name))
  return members.map(([name, value]) => `${name}: ${textOf(value)}`).join(', ')
}

/** Returns whether the page highlights an event, because an operator may have to act. */
export const isAlarm = ({ type }: ServerEvent): boolean =>
  [
    ...['sessionRefused', 'mediaDown', 'limitNear', 'configRefused', 'eventsLost'],
    ...['pressureChanged', 'drainStarted', 'recordingFailed'],
  ].includes(type)

function who({ user, address }: ServerEvent): string {
  const names = [user, address].filter((name) => typeof name === 'string')
  return names.length > 0 ? names.join(' at ') : 'a client'
}

const path = (event: ServerEvent): string => textOf(event.path ?? 'no path')

const seconds = (event: ServerEvent): string => `${Number(event.seconds ?? 0).toFixed(1)} s`

function note({ note: free, reason, type }: ServerEvent): string {
  const text = type === 'banned' ? reason : free
  return typeof text === 'string' ? ` (${text})` : ''
}

function subject({ user, address, path: place }: ServerEvent): string {
  const parts = [user, address, place].filter((part) => typeof part === 'string')
  return parts.length > 0 ? ` ${parts.join(', ')}` : ''
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)
