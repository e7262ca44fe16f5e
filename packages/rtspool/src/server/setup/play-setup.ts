import { readerAt } from '../../media/fan-out/reader.js'
import { SentReports } from '../../media/fan-out/sent-reports.js'
import type { Media } from '../../media/media.js'
import { PlayStream } from '../../media/streams/play-stream.js'
import { UnicastDelivery } from '../../media/streams/unicast-delivery.js'
import type { Track } from '../../media/track/track.js'
import type { Session } from '../../session-pool/index.js'
import { keyFormOf, keyMgmtHeader } from '../key-mgmt/key-mgmt.js'
import { toldPosition } from '../key-mgmt/rollover.js'
import { playSecurity } from '../key-mgmt/srtp-setup.js'
import type { RequestContext } from '../request/request-context.js'
import { refusalWatch } from './refusal-watch.js'
import { isRtspsrc2 } from './source-parameter.js'
import type { StreamKind, StreamSetup } from './stream-plan.js'
import type { UnicastTransport } from './transport-choice.js'
import { unicastLink } from './unicast-link.js'

/** Opens a track for one viewer, over UDP or interleaved. */
export class PlaySetup implements StreamKind {
  readonly presentation: Media
  readonly #context: RequestContext
  readonly #track: Track
  readonly #transport: UnicastTransport

  constructor(context: RequestContext, media: Media, track: Track, transport: UnicastTransport) {
    this.#context = context
    this.presentation = media
    this.#track = track
    this.#transport = transport
  }

  get trackIndex(): number {
    return this.#track.index
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    return this.#transport.lowerTransport
  }

  open(session: Session): StreamSetup {
    const { server, connection, request } = this.#context
    const { presentation: media, trackIndex } = this
    const track = this.#track
    const transport = this.#transport
    const { clock } = server
    const security = playSecurity(session, track, transport)
    const link = unicastLink(connection, transport, {
      path: media.path,
      track: trackIndex,
      client: 'viewer',
      security,
    })
    const position = security && toldPosition(connection, track, security)
    const reader = readerAt(link.place, {
      counters: session.stats,
      sentReports: new SentReports(),
      lag: transport.lowerTransport === 'TCP' ? server.lags.readerLag(session) : undefined,
      srtp:
        security && position
          ? { sender: security.sender, position, isIndexed: security.isIndexed }
          : undefined,
    })
    // GStreamer 1.22 would configure its decoder with an ssrc, but without the rollover counter;
    // MIKEY contains both. rtspsrc2 0.15 takes both, and without ssrc decrypts all with its first key.
    const needsSsrc = security !== undefined && isRtspsrc2(this.#context)
    const known = needsSsrc ? track.promiseSsrc() : track.ssrc
    const keyMgmt =
      security && keyMgmtHeader(request.uri, security.sender, clock, known, keyFormOf(security))
    const ssrc = security && !needsSsrc ? undefined : known
    const source = transport.lowerTransport === 'UDP' ? transport.source : undefined
    const watch =
      transport.lowerTransport === 'UDP'
        ? refusalWatch(this.#context, session, track, transport)
        : undefined
    const stream = new PlayStream({
      clock,
      media,
      track,
      security,
      uri: request.uri,
      counters: session.stats,
      delivery: new UnicastDelivery({
        track,
        link,
        reader,
        learns: watch?.learns,
        endRefusals: watch?.endRefusals,
      }),
      onMediaEnded: () => session.end(media.endReason),
      onRangeEnded: () => {
        session.state = 'Ready'
      },
      onRtcp: () => session.touch(),
    })
    return { stream, answer: { ...link.answer, mode: 'PLAY', ssrc, source }, keyMgmt }
  }
}
