import { RequestError } from '../../errors.js'
import type { PlayStream } from '../../media/streams/play-stream.js'
import type { Track } from '../../media/track/track.js'
import type { TrackBeginning } from '../../media/track-beginnings.js'
import { serializeRtpInfo } from '../../rtsp/index.js'
import { rolloverHeaders } from '../key-mgmt/rollover.js'
import { recordMethods } from '../request/methods.js'
import { type Handler, ok } from '../request/request-context.js'
import {
  isPublication,
  playStreamsOf,
  requirePresentation,
} from '../request/session-presentation.js'
import { requireValid } from '../request/session-validity.js'
import { openBackChannels } from '../setup/back-channel-setup.js'
import { startSource } from '../sources/start-source.js'
import { checkLiveRange, liveRange } from './live-range.js'
import { playStored, rtpInfoUrl } from './play-stored.js'
import { rateHeaders } from './rate-headers.js'

const noPackets: ReadonlyMap<Track, readonly Buffer[]> = new Map()

/** Handles PLAY: starts to send the tracks that were set up (RFC 2326 section 10.5). */
export const handlePlay: Handler = async (context) => {
  const { session, held } = requirePresentation(context)
  const media = held.media
  if (isPublication(media)) {
    throw new RequestError('ERR_METHOD_NOT_ALLOWED', 'the session records; it cannot play', {
      context: { allow: recordMethods },
    })
  }
  if (media.playback) return playStored(context, session, media, media.playback)
  const { headers } = context.request
  const now = context.server.clock.unixTimeMs()
  const unit = checkLiveRange(headers, now)
  const rates = rateHeaders(headers)
  await startSource(context, media)
  requireValid(context)
  const streams = playStreamsOf(held)
  const first = context.server.overload.leavesOutBurst ? noPackets : firstPackets(streams)
  const positions = media.trackInfo(first)
  // A client that only sends audio needs no RTP-Info.
  const rtpInfo: [string, string][] =
    streams.length > 0 ? [['RTP-Info', rtpInfoOf(positions, streams)]] : []
  const keyMgmt = rolloverHeaders(context, streams)
  session.state = 'Playing'
  return {
    ...ok,
    session,
    headers: [
      ['Range', liveRange(unit, instantOf(positions) ?? now)],
      ...rates,
      ...rtpInfo,
      ...keyMgmt,
    ],
    // After the response: RTP-Info announces exactly the next packet.
    afterWrite: () => {
      openBackChannels(held)
      for (const stream of keyFramesFirst(streams)) stream.play(first.get(stream.track) ?? [])
    },
  }
}

/**
 * Sorts the streams so that tracks with key frames precede tracks without, such as sound. Clients then get the
 * packets of the video first, in whatever order they set up the tracks. See `isFollower` in
 * media/fan-out/datagram-readers.ts.
 */
function keyFramesFirst(streams: readonly PlayStream[]): PlayStream[] {
  return [...streams].sort((a, b) => Number(b.track.hasKeyFrames) - Number(a.track.hasKeyFrames))
}

/**
 * Returns, by track, the cached packets that the viewer is sent before live ones: those since the last key frame.
 * Empty if no track has a key frame in its cache.
 */
function firstPackets(streams: readonly PlayStream[]): ReadonlyMap<Track, readonly Buffer[]> {
  const first = new Map(streams.map((stream) => [stream.track, stream.recentPackets()]))
  const hasKeyFrame = [...first].some(
    ([track, packets]) => track.hasKeyFrames && packets.length > 0,
  )
  // Sound alone has no reason to begin in the past.
  return hasKeyFrame ? first : new Map()
}

/**
 * Returns the time of the first packet of the first track, in milliseconds since 1970; `undefined` if it is not
 * known.
 */
function instantOf([info]: readonly TrackBeginning[]): number | undefined {
  return info?.track.unixTimeMsAt(info.rtpTime)
}

/**
 * Formats the RTP-Info header: for each track, sequence number and timestamp of the first packet. The entry of a
 * track that has not sent a packet yet has no seq and rtptime.
 */
function rtpInfoOf(positions: readonly TrackBeginning[], streams: readonly PlayStream[]): string {
  return serializeRtpInfo(
    streams.map(({ track, uri }) => {
      const url = rtpInfoUrl(uri)
      const position = positions.find((info) => info.track === track)
      if (!position) return { url }
      return { url, seq: position.sequenceNumber, rtptime: position.rtpTime }
    }),
  )
}
