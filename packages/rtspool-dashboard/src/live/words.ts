import type { PlayableTrack, UnplayableTrack } from './messages.js'

/** Sentence for the user about the end of a connection. `isFinal` = the player must not try again. */
export interface Ending {
  readonly text: string
  readonly isFinal: boolean
}

const endings: Readonly<Record<string, Ending>> = {
  mediaEnded: {
    text: 'The stream has ended. It starts again when the camera does.',
    isFinal: false,
  },
  mediaFailed: { text: 'The camera cannot be reached.', isFinal: false },
  sourceChanged: { text: 'The camera has returned with other settings.', isFinal: false },
  slowReader: { text: 'Your connection is too slow for this stream.', isFinal: false },
  poolClosed: { text: 'The server is restarting.', isFinal: false },
  kicked: { text: 'An operator has ended your session.', isFinal: true },
  authorizationExpired: { text: 'Your login has expired. Log in again.', isFinal: true },
  lifetime: { text: 'Your session has reached its longest duration.', isFinal: true },
  replaced: { text: 'Another publisher has taken over the path.', isFinal: false },
  evicted: { text: 'The server has made room for another viewer.', isFinal: false },
  overload: { text: 'The server is overloaded and has ended your session.', isFinal: false },
  drained: { text: 'The server is about to restart.', isFinal: false },
  fenced: { text: 'The server cannot reach its cluster.', isFinal: false },
  unreachable: { text: 'The connection to the server has broken off.', isFinal: false },
  ERR_NOT_FOUND: { text: 'Nothing is sent to this path at the moment.', isFinal: false },
  ERR_MEDIA_UNAVAILABLE: { text: 'The camera cannot be reached.', isFinal: false },
  ERR_BANNED: { text: 'A ban keeps you out.', isFinal: true },
  ERR_OVERLOADED: { text: 'The server is overloaded: it accepts no viewers now.', isFinal: false },
  ERR_DRAINING: { text: 'The server is about to restart.', isFinal: false },
  ERR_SERVER_CLOSING: { text: 'The server is closing.', isFinal: false },
  ERR_SESSION_POOL_FULL: { text: 'The server has no room for another viewer.', isFinal: false },
  ERR_SESSION_PATH_FULL: { text: 'This stream has no room for another viewer.', isFinal: false },
  ERR_SESSION_NOT_ADMITTED: { text: 'You may not watch this stream.', isFinal: true },
}

const unopenedText =
  'The port for live pictures cannot be reached from here, or the server has refused the connection.'

/**
 * Returns a sentence for the user that explains why the WebSocket of a live stream has closed.
 *
 * @param code - Close code of the WebSocket; 1006 = the connection failed.
 * @param reason - Close reason from the server: the reason for the removal of the session, or an error code.
 * @param wasOpen - False if the connection was never open.
 */
export function endingOf(code: number, reason: string, wasOpen = true): Ending {
  const known = endings[reason]
  if (known) return known
  if (code === 1006 && !wasOpen) return { text: unopenedText, isFinal: false }
  if (code === 1006) return { text: 'The connection to the server has broken off.', isFinal: false }
  return { text: `The server has ended the stream (${reason || code}).`, isFinal: false }
}

/** Returns the usual name of a codec for a media type, such as `H.264`. */
function codecName(mime: string): string {
  const codec = /codecs="([^"]*)"/.exec(mime)?.[1] ?? mime
  if (codec.startsWith('avc1')) return 'H.264'
  if (codec.startsWith('hvc1')) return 'H.265'
  if (codec.startsWith('mp4a')) return 'AAC'
  return { opus: 'Opus', flac: 'FLAC' }[codec] ?? codec
}

const things: Readonly<Record<string, string>> = { video: 'picture', audio: 'sound' }

/** Explains which tracks of a stream this browser does not play; empty if it plays all. */
export function missingText(
  unsupported: readonly PlayableTrack[],
  unplayable: readonly UnplayableTrack[],
): string {
  const here = unsupported.map(
    ({ kind, mime }) =>
      `This browser cannot play the ${things[kind]}, which is ${codecName(mime)}.`,
  )
  const nowhere = unplayable.map(
    ({ kind, encoding = 'an unknown encoding' }) =>
      `The ${things[kind] ?? kind} is ${encoding}, which browsers cannot play.`,
  )
  return [...here, ...nowhere].join(' ')
}
