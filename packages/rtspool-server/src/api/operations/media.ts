import type { MediaInfo, PublicList, TrackInfo } from 'rtspool'
import { z } from 'zod'
import { components } from '../components.js'
import type { ControlledServer } from '../controlled-server.js'
import { type Operation, operation } from '../operation.js'
import { pageOf } from '../page.js'
import { probe, probeSchema } from '../probe.js'
import { nothingNamed } from '../problem.js'
import {
  count,
  cursor,
  isoTime,
  nextCursor,
  pageLimit,
  pageSize,
  publicId,
  queryNumber,
  time,
} from '../values.js'

const trackSchema = z
  .object({
    index: count,
    kind: z.string().describe('video, audio, application, …'),
    encoding: z.string().optional(),
    clockRate: count,
    ssrc: count.optional(),
    packetCount: count,
    octetCount: count,
    bitrate: count.optional().describe('Bits of payload per second over the last five'),
    keyFrameIntervalSeconds: z.number().optional().describe('Between the last two key frames'),
    invalidPackets: count,
    unlistedPackets: count,
    readerCount: count.describe('Viewers that play the track; a multicast group counts once'),
  })
  .register(components, { id: 'Track' })

const mediaSchema = z
  .object({
    publicId,
    path: z.string(),
    state: z.enum(['idle', 'starting', 'playing', 'ended']),
    isDown: z.boolean().describe('true if no packet has arrived for some seconds'),
    durationSeconds: z.number().optional().describe('Present for stored media'),
    createdTime: time,
    startedTime: time.optional(),
    awaySince: time.optional().describe('Present while viewers wait for the source to return'),
    sessionCount: count.describe('Sessions that hold the path, with the publisher'),
    publisher: z
      .object({
        session: publicId,
        address: z.string().optional(),
        user: z.string().optional(),
        userAgent: z.string().optional(),
        since: time,
      })
      .optional()
      .describe('Absent for media that no client publishes'),
    tracks: z.array(trackSchema),
  })
  .register(components, { id: 'Media' })

function trackView(
  server: ControlledServer,
  media: MediaInfo,
  track: TrackInfo,
): z.output<typeof trackSchema> {
  const { description } = track
  const [payloadType] = description.payloadTypes
  const rtpmap = payloadType === undefined ? undefined : description.rtpmap(payloadType)
  return {
    index: track.index,
    kind: description.kind,
    encoding: rtpmap?.encoding,
    clockRate: track.clockRate,
    ssrc: track.ssrc,
    packetCount: track.packetCount,
    octetCount: track.octetCount,
    bitrate: server.mediaWatch.bitrateOf(media, track),
    keyFrameIntervalSeconds: track.keyFrameIntervalSeconds,
    invalidPackets: track.invalidPackets,
    unlistedPackets: track.unlistedPackets,
    readerCount: track.readerCount,
  }
}

function mediaView(server: ControlledServer, media: MediaInfo): z.output<typeof mediaSchema> {
  const { path, startedTime, awaySince } = media
  const [publisher] = server.rtsp.pool.list({ path, state: 'Recording', limit: 1 }).sessions
  return {
    ...{ publicId: media.publicId, path, state: media.state },
    isDown: server.mediaWatch.isDown(media),
    durationSeconds: media.durationSeconds,
    createdTime: isoTime(media.createdTime),
    startedTime: startedTime && isoTime(startedTime),
    awaySince: awaySince && isoTime(awaySince),
    sessionCount: server.rtsp.pool.count({ path }),
    publisher: publisher && {
      session: publisher.publicId,
      address: publisher.owner?.address,
      user: publisher.owner?.user,
      userAgent: publisher.use?.userAgent,
      since: isoTime(publisher.createdTime),
    },
    tracks: media.tracks.map((track) => trackView(server, media, track)),
  }
}

/** Returns a view of the list of media that contains only the media at a path. */
const withPath = (all: PublicList<MediaInfo>, path: string) => ({
  get: (publicId: string) => all.get(publicId),
  *[Symbol.iterator]() {
    for (const media of all) if (media.path === path) yield media
  },
})

/**
 * Finds a media by its public id.
 *
 * @throws {Problem} `not-found`
 */
export function mediaOf({ rtsp }: ControlledServer, id: string): MediaInfo {
  const media = rtsp.media.get(id)
  if (media) return media
  throw nothingNamed('media', id)
}

export const namedMedia = z.strictObject({ publicId })
const maxProbeSeconds = 10

/** Operations on media (presentations) that are served. */
export const mediaOperations: readonly Operation[] = [
  operation({
    id: 'listMedia',
    method: 'get',
    path: '/v1/media',
    role: 'viewer',
    tag: 'media',
    summary: 'Lists media in the order of their creation',
    query: z.strictObject({
      ...{ cursor, limit: pageLimit },
      path: z.string().optional().describe('Only the media at this path'),
    }),
    result: z.object({ media: z.array(mediaSchema), cursor: nextCursor }),
    handle: ({ server }, { query }) => {
      const { path } = query
      const all = server.rtsp.media
      const list = path === undefined ? all : withPath(all, path)
      const page = pageOf(list, ({ createdTime }) => createdTime.getTime(), {
        cursor: query.cursor,
        limit: pageSize(query.limit),
      })
      const media = page.entries.map((entry) => mediaView(server, entry))
      return { media, cursor: page.cursor }
    },
  }),
  operation({
    id: 'getMedia',
    method: 'get',
    path: '/v1/media/{publicId}',
    role: 'viewer',
    tag: 'media',
    summary: 'Reads a media with its tracks and its publisher',
    params: namedMedia,
    result: mediaSchema,
    handle: ({ server }, { params }) => mediaView(server, mediaOf(server, params.publicId)),
  }),
  operation({
    id: 'probeMedia',
    method: 'get',
    path: '/v1/media/{publicId}/probe',
    role: 'viewer',
    tag: 'media',
    summary: 'Reads a media for some seconds: times, sizes and key frames of its pictures',
    params: namedMedia,
    query: z.strictObject({
      seconds: queryNumber(z.number().min(0.1).max(maxProbeSeconds))
        .optional()
        .describe(`0.1 to ${maxProbeSeconds}. Default: 3`),
      track: queryNumber(count).optional().describe('Index of a track. Default: all'),
    }),
    result: probeSchema,
    problems: ['too-many'],
    handle: ({ server }, { params, query }) => {
      const { path } = mediaOf(server, params.publicId)
      return probe(server.rtsp, path, { seconds: query.seconds ?? 3, track: query.track })
    },
  }),
  operation({
    id: 'endMedia',
    method: 'delete',
    path: '/v1/media/{publicId}',
    role: 'operator',
    tag: 'media',
    summary: 'Ends a media: its viewers leave with the reason mediaEnded',
    params: namedMedia,
    result: mediaSchema,
    handle: async ({ server }, { params }) => {
      const media = mediaOf(server, params.publicId)
      const view = mediaView(server, media)
      await media.end()
      return view
    },
  }),
]
