import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import type { PlayRange } from '../../media/media-source.js'
import type { Playback } from '../../media/playback.js'
import type { PlayStream } from '../../media/streams/play-stream.js'
import { serializeRtpInfo } from '../../rtsp/index.js'
import type { Session } from '../../session-pool/index.js'
import { rolloverHeaders } from '../key-mgmt/rollover.js'
import { ok, type Reply, type RequestContext } from '../request/request-context.js'
import { playStreamsOf, requirePresentation } from '../request/session-presentation.js'
import { requireValid, requireWanted } from '../request/session-validity.js'
import { openBackChannels } from '../setup/back-channel-setup.js'
import { startSource } from '../sources/start-source.js'
import { rateHeaders } from './rate-headers.js'
import { nptRange, soughtRange } from './stored-range.js'

/**
 * PLAY of a stored presentation: seeks, goes on after a pause, or changes nothing (RFC 2326 section 10.5). Ranges are
 * not queued: a PLAY with a range takes effect at once, as with gst-rtsp-server.
 */
export async function playStored(
  context: RequestContext,
  session: Session,
  media: Media,
  playback: Playback,
): Promise<Reply> {
  const { headers } = context.request
  const rates = rateHeaders(headers)
  await startSource(context, media)
  requireValid(context)
  const { held } = requirePresentation(context)
  const streams = playStreamsOf(held)
  const sought = soughtRange(headers, playback)
  if (sought) {
    // From here on nothing of before the seek is sent: what was pushed already precedes the answer.
    for (const stream of streams) stream.pause()
    await seek(context, media, playback, sought)
    requireValid(context)
  }
  const wasPlaying = playback.isPlaying
  const keyMgmt = rolloverHeaders(context, streams)
  session.state = 'Playing'
  return {
    ...ok,
    session,
    headers: [
      ['Range', nptRange(playback.range)],
      ...rates,
      ...storedRtpInfo(context, streams, wasPlaying),
      ...keyMgmt,
    ],
    afterWrite: () => {
      // First, so that the sender report that each stream begins with tells the new time.
      playback.resume()
      openBackChannels(held)
      for (const stream of streams) stream.play([])
    },
  }
}

/** What stands in RTP-Info for the URI of a track: the header has no way to quote a quote. */
export const rtpInfoUrl = (uri: string): string => uri.replaceAll('"', '%22')

async function seek(
  context: RequestContext,
  media: Media,
  playback: Playback,
  range: PlayRange,
): Promise<void> {
  try {
    await playback.seek(range)
  } catch (error) {
    requireWanted(context)
    // Not waited for: its viewer hears at once that it has failed.
    void media.fail()
    throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${media.path} cannot seek`, {
      cause: error,
    })
  }
}

/** The RTP time of where the Range of the answer begins, which while it plays is now. */
function storedRtpInfo(
  { server }: RequestContext,
  streams: readonly PlayStream[],
  isPlaying: boolean,
): [name: string, value: string][] {
  // A client that only speaks has nothing to be told of.
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
