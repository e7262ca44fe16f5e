import { PlayStream } from './play-stream.js'
import { RecordStream } from './record-stream.js'

/**
 * A stream of one track between a client and the server; `mode` gives the direction of its packets.
 */
export type MediaStream = PlayStream | RecordStream

/**
 * Returns the stream behind a transport of a session.
 *
 * @returns `undefined` for a transport that the application has given to the session.
 */
export function mediaStreamOf(transport: object | undefined): MediaStream | undefined {
  const isOurs = transport instanceof PlayStream || transport instanceof RecordStream
  return isOurs ? transport : undefined
}
