import { randomInt } from 'node:crypto'
import { ClientError } from '../../errors.js'
import { checkMethods } from '../../option-checks.js'
import { MediaDescription } from '../../sdp/index.js'
import type { RtspClient } from '../rtsp-client.js'
import type { PublishedTrackSource } from './announcement.js'
import { openPublisher } from './publish.js'
import type { RtspPublishOptions } from './publish-options.js'
import type { Publisher } from './publisher.js'
import { repacketizedDescription } from './repacketized-description.js'
import type { RtspPublisher } from './rtsp-publisher.js'
import { unitPacketizerOf } from './unit-packetizer.js'

/** Access unit to forward, as `client.accessUnits()` and `server.read()` return it. */
export interface ForwardedUnit {
  /** Track that the access unit belongs to; `index` is its position in the description of the source, from 0. */
  readonly track: { readonly index: number }
  /** NAL units, one frame, or payloads, as in `ReceivedUnit.parts`. */
  readonly parts: readonly Buffer[]
  /** RTP timestamp in ticks of the track's clock rate, modulo 2^32. */
  readonly timestamp: number
  /** Wall clock of the source at the timestamp, in milliseconds since 1970; `undefined` if unknown. */
  readonly unixTimeMs: number | undefined
}

/** Track of the source that is forwarded. `index` is its position in the description of the source, from 0. */
export type ForwardedTrack = PublishedTrackSource & { readonly index: number }

/** Options of `forward`: those of `publish`, without a description. */
export interface RtspForwardOptions extends Omit<RtspPublishOptions, 'description' | 'tracks'> {
  /**
   * Tracks to forward. Required for access units: the tracks of the client or of the `server.media` that the units come
   * from.
   * @default tracks of the client that are set up, or before `play` those that it will set up
   */
  readonly tracks?: readonly ForwardedTrack[] | undefined
}

/**
 * Forwards a stream to another RTSP server (ANNOUNCE, RECORD), until either side ends. The source is one of two:
 *
 * - A client: its packets are sent unchanged, and without a queue, by `pipe`, with the times of its sender reports.
 *   Plays the client, if it does not play yet.
 * - Access units, such as `server.read(media)`: they are packetized anew. The source is read no faster than the server
 *   takes them.
 *
 * The returned publisher closes when the source ends. A client stays open when the publisher ends, and must be closed
 * by its owner.
 *
 * @throws {ClientError} as `publish` and `client.play` do.
 * @throws {TypeError} an invalid URL, option or source.
 */
export async function forward(
  source: RtspClient | AsyncIterable<ForwardedUnit>,
  url: string | URL,
  options: RtspForwardOptions = {},
): Promise<RtspPublisher> {
  if (isUnits(source)) return forwardUnits(source, url, options)
  checkMethods('source', source, ['play', 'accessUnits'])
  return forwardClient(source, url, options)
}

const isUnits = (source: object | undefined): source is AsyncIterable<ForwardedUnit> =>
  typeof (source as Partial<AsyncIterable<unknown>>)?.[Symbol.asyncIterator] === 'function'

async function forwardClient(
  client: RtspClient,
  url: string | URL,
  options: RtspForwardOptions,
): Promise<RtspPublisher> {
  if (client.state === 'closed') {
    throw client.error ?? new ClientError('ERR_CLIENT_CLOSED', 'the client has been closed')
  }
  const tracks = forwardedTracks(client, options.tracks)
  let hasEnded = false
  const noteEnd = (): void => {
    hasEnded = true
  }
  client.once('ended', noteEnd)
  const publisher = await openPublisher(url, { ...options, tracks }).finally(() => {
    client.off('ended', noteEnd)
  })
  const piped = tracks.map(({ index }) => client.tracks[index])
  for (const [position, track] of piped.entries()) track?.pipe(publisher.tracks[position])
  const ended = (): void => void publisher.close()
  const closed = (error: unknown): void => void publisher.end(error)
  client.once('ended', ended)
  client.once('closed', closed)
  publisher.once('closed', () => {
    client.off('ended', ended)
    client.off('closed', closed)
    for (const track of piped) track?.pipe(undefined)
  })
  try {
    // A closed client rejects with its error.
    if (client.state !== 'playing') await client.play()
  } catch (error) {
    await publisher.end(error)
    throw error
  }
  // The client has ended while the publisher was opened.
  if (hasEnded) await publisher.close()
  return publisher
}

/**
 * Returns the tracks of a client to forward: the given ones, or all that it receives.
 *
 * @throws {TypeError} The client does not receive a given track, or receives none.
 */
function forwardedTracks(
  { tracks }: RtspClient,
  given: readonly ForwardedTrack[] | undefined,
): readonly ForwardedTrack[] {
  const hasSetUp = tracks.some(({ isSetUp }) => isSetUp)
  const received = tracks.filter(
    ({ direction, isSetUp, isWanted }) =>
      direction === 'receive' && (hasSetUp ? isSetUp : isWanted),
  )
  const other = given?.find(({ index }) => !received.some((track) => track.index === index))
  const numbers = received.map(({ index }) => index).join(', ') || 'none'
  if (other) {
    throw new TypeError(
      `forward expects tracks that the client sets up (${numbers}), got track ${other.index}`,
    )
  }
  if (received.length > 0) return given ?? received
  throw new TypeError('forward expects a client that receives a track, got one without')
}

async function forwardUnits(
  units: AsyncIterable<ForwardedUnit>,
  url: string | URL,
  options: RtspForwardOptions,
): Promise<RtspPublisher> {
  const { tracks } = options
  if (!tracks) throw new TypeError('forward needs the option tracks for access units')
  const sources = repacketizedTracks(tracks)
  const publisher = await openPublisher(url, { ...options, tracks: sources })
  const iterator = units[Symbol.asyncIterator]()
  publisher.once('closed', () => void iterator.return?.())
  void sendUnits(iterator, sources, publisher)
  return publisher
}

/** Returns tracks with the descriptions and SSRCs of their new packets. Wrong tracks stay, so that `publish` refuses them. */
function repacketizedTracks(tracks: readonly ForwardedTrack[]): readonly ForwardedTrack[] {
  if (!Array.isArray(tracks)) return tracks
  return tracks.map((track: ForwardedTrack) => {
    const { index, description } = track ?? {}
    if (!(description instanceof MediaDescription)) return track
    return { index, description: repacketizedDescription(description), ssrc: randomInt(2 ** 32) }
  })
}

async function sendUnits(
  units: AsyncIterator<ForwardedUnit>,
  sources: readonly ForwardedTrack[],
  publisher: Publisher,
): Promise<void> {
  const tracks = new Map(
    publisher.tracks.map((track, position) => [
      sources[position]?.index,
      { track, packetize: unitPacketizerOf(track.description, sources[position]?.ssrc) },
    ]),
  )
  try {
    for (;;) {
      const { done, value } = await units.next()
      if (done) break
      const to = tracks.get(value.track.index)
      if (!to) continue
      const { parts, timestamp, unixTimeMs } = value
      if (unixTimeMs !== undefined) to.track.mapTime(unixTimeMs, timestamp)
      await publisher.drained()
      for (const packet of to.packetize(parts, timestamp)) to.track.push(packet)
    }
    await publisher.close()
  } catch (error) {
    await publisher.end(error)
  }
}
