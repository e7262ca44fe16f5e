import { RequestError } from '../../errors.js'
import type { PresentationPlaces } from '../../media/describe-presentation.js'
import type { Media } from '../../media/media.js'
import { PlayStream } from '../../media/streams/play-stream.js'
import type { MulticastStream } from '../../media/track/multicast-stream.js'
import type { Session } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'
import type { StreamKind, StreamSetup } from './stream-plan.js'

/**
 * Returns the multicast groups of a media for its description. Empty inside TLS and tunnels, where
 * the server sends no media by multicast.
 */
export function multicastPlaces(
  { server, connection }: RequestContext,
  media: Media,
): PresentationPlaces | undefined {
  if (connection.isSecure || connection.isTunnelled) return undefined
  const carrier = server.udp()?.multicastCarrier(connection.remoteAddress)
  const { multicast } = media
  if (!carrier || !multicast?.pool.inDescription || !multicast.pool.hasFamily(carrier.family)) {
    return undefined
  }
  return media.tracks.map((track) => multicast.streamOf(track, carrier).place)
}

/** Opens a track for one viewer of its multicast group. All viewers of a group share one stream. */
export class MulticastSetup implements StreamKind {
  readonly lowerTransport = 'UDP'
  readonly presentation: Media
  readonly trackIndex: number
  readonly #context: RequestContext
  readonly #group: MulticastStream

  constructor(context: RequestContext, media: Media, group: MulticastStream) {
    this.#context = context
    this.presentation = media
    this.trackIndex = group.track.index
    this.#group = group
  }

  open(session: Session): StreamSetup {
    const { server, connection, request } = this.#context
    const media = this.presentation
    const group = this.#group
    const delivery = group.join({ address: connection.remoteAddress, counters: session.stats })
    const { place, sourceAddress, track } = group
    if (!delivery || !place) throw noGroup()
    const stream = new PlayStream({
      ...{ clock: server.clock, media, track, delivery },
      ...{ uri: request.uri, counters: session.stats },
      onMediaEnded: () => session.end(media.endReason),
      onRtcp: () => session.touch(),
    })
    // RFC 2326 section 12.39. The source lets receivers join for this sender alone; it is left out when unsure.
    const source = sourceAddress === undefined ? {} : { source: sourceAddress }
    const ssrc = track.ssrc === undefined ? {} : { ssrc: track.ssrc }
    return {
      stream,
      answer: {
        ...{ profile: 'AVP', lowerTransport: 'UDP', delivery: 'multicast', mode: 'PLAY' },
        ...{ destination: place.address, port: place.ports, ttl: place.ttl },
        ...source,
        ...ssrc,
      },
    }
  }
}

export function noGroup(): RequestError {
  return new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'all multicast groups are in use')
}
