import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import { normalManner, type PlayManner, type PlayRange } from '../../media/media-source.js'
import type { Playback } from '../../media/playback.js'
import type { PlayStream } from '../../media/streams/play-stream.js'
import { serializeRtpInfo } from '../../rtsp/index.js'
import type { Session } from '../../session-pool/index.js'
import { rolloverHeaders } from '../key-mgmt/rollover.js'
import { requiresReplay } from '../request/replay-tag.js'
import { ok, type Reply, type RequestContext } from '../request/request-context.js'
import { playStreamsOf, requirePresentation } from '../request/session-presentation.js'
import { requireValid, requireWanted } from '../request/session-validity.js'
import { openBackChannels } from '../setup/back-channel-setup.js'
import { startSource } from '../sources/start-source.js'
import { playManner } from './play-manner.js'
import { rateHeaders } from './rate-headers.js'
import { soughtRange, storedRange } from './stored-range.js'

/**
 * Handles PLAY for a stored presentation: seeks, continues after a pause, or changes nothing (RFC
 * 2326 section 10.5). Ranges are not queued: a PLAY with a range takes effect at once, as with
 * gst-rtsp-server.
 */
export async function playStored(
  context: RequestContext,
  session: Session,
  media: Media,
  playback: Playback,
): Promise<Reply> {
  const { headers } = context.request
  const asked = playManner(context.request)
  await startSource(context, media)
  requireValid(context)
  const { held } = requirePresentation(context)
  const streams = playStreamsOf(held)
  const manner = playback.hasManners ? mannerFor(asked, streams) : normalManner
  const unit = requiresReplay(context.request) ? 'clock' : 'npt'
  const sought = soughtRange(headers, playback, manner, unit)
  if (sought.range) {
    // From here on no packet from before the seek is sent: packets pushed so far precede the
    // response.
    for (const stream of streams) stream.pause()
    await seek(context, media, playback, sought.range, manner)
    requireValid(context)
  }
  const wasPlaying = playback.isPlaying
  const keyMgmt = rolloverHeaders(context, streams)
  session.state = 'Playing'
  return {
    ...ok,
    session,
    headers: [
      ['Range', storedRange(sought.unit, playback, playback.range)],
      ...rateHeaders(headers, playback.rates),
      ...storedRtpInfo(context, streams, wasPlaying),
      ...keyMgmt,
    ],
    afterWrite: () => {
      // First, so that the sender report at the start of each stream contains the new time.
      playback.resume(manner)
      openBackChannels(held)
      for (const stream of streams) stream.play([])
    },
  }
}

/**
 * Returns the manner (scale, speed, rate control) that a client has asked for, but with rate control for a viewer
 * over UDP. UDP does not tell how much the network accepts, so packets leave at their times.
 */
function mannerFor(asked: PlayManner, streams: readonly PlayStream[]): PlayManner {
  const isPaced = streams.some(({ lowerTransport }) => lowerTransport === 'UDP')
  return isPaced && !asked.rateControl ? { ...asked, rateControl: true } : asked
}

/** Escapes the URI of a track for RTP-Info, which cannot contain a quotation mark. */
export const rtpInfoUrl = (uri: string): string => uri.replaceAll('"', '%22')

async function seek(
  context: RequestContext,
  media: Media,
  playback: Playback,
  range: PlayRange,
  manner: PlayManner,
): Promise<void> {
  try {
    await playback.seek(range, manner)
  } catch (error) {
    requireWanted(context)
    // Not awaited: its viewer learns at once that it has failed.
    void media.fail()
    throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${media.path} cannot seek`, {
      cause: error,
    })
  }
}

/**
 * Formats the RTP-Info header of a stored presentation. Its times belong to the start of the response's Range. If the
 * presentation plays already, that start is the present position.
 */
function storedRtpInfo(
  { server }: RequestContext,
  streams: readonly PlayStream[],
  isPlaying: boolean,
): [name: string, value: string][] {
  // A client that only sends audio needs no RTP-Info.
  if (streams.length === 0) return []
  const rtpInfo = serializeRtpInfo(
    streams.map(({ track, uri }) => {
      const { position } = track
      const url = rtpInfoUrl(uri)
      if (!position) return { url }
      const now = isPlaying ? track.rtpTimeAt(server.clock.unixTimeMs()) : undefined
      return { url, seq: position.sequenceNumber, rtptime: now ?? position.timestamp }
    }),
  )
  return [['RTP-Info', rtpInfo]]
}
