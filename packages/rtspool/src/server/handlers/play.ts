import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import { parseRange, serializeRtpInfo } from '../../rtsp/index.js'
import { type Handler, ok, type RequestContext } from '../request-context.js'
import { isPublication, playStreamsOf, requirePresentation } from '../session-presentation.js'
import { contentBase } from '../target.js'

/** PLAY: the tracks that were set up begin to flow (RFC 2326 section 10.5). */
export const handlePlay: Handler = async (context) => {
  const { session, held } = requirePresentation(context)
  const media = held.media
  if (isPublication(media)) {
    throw new RequestError('ERR_METHOD_NOT_ALLOWED', 'the session records; it cannot play')
  }
  checkRange(context)
  await startSource(media)
  const streams = playStreamsOf(held)
  session.state = 'Playing'
  const rtpInfo = rtpInfoOf(context, media, new Set(streams.map(({ track }) => track.index)))
  return {
    ...ok,
    session,
    headers: [['Range', 'npt=now-'], ...(rtpInfo ? [['RTP-Info', rtpInfo] as const] : [])],
    // After the answer: RTP-Info announces the very packet that comes next.
    afterWrite: () => {
      for (const stream of streams) stream.play()
    },
  }
}

/** Live media play from now on, whatever the client asks for; what is no range at all is refused. */
function checkRange({ request }: RequestContext): void {
  const value = request.headers.get('Range')
  if (value !== undefined) parseRange(value)
}

async function startSource(media: Media): Promise<void> {
  try {
    await media.play()
  } catch (error) {
    throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${media.path} did not start`, {
      cause: error,
    })
  }
}

function rtpInfoOf(
  { connection, target }: RequestContext,
  media: Media,
  playing: ReadonlySet<number>,
): string | undefined {
  const base = target ? contentBase(target, connection.localAuthority) : ''
  const entries = media
    .trackInfo()
    .filter(({ track }) => playing.has(track.index))
    .map(({ track, sequenceNumber, rtpTime }) => ({
      url: `${base}${track.control}`,
      seq: sequenceNumber,
      rtptime: rtpTime,
    }))
  return entries.length > 0 ? serializeRtpInfo(entries) : undefined
}
