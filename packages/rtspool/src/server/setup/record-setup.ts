import { foreignPortTeller } from '../../media/streams/foreign-port.js'
import type { Publication } from '../../media/streams/publication.js'
import { RecordStream } from '../../media/streams/record-stream.js'
import { announceSilence } from '../../media/track/silent-track.js'
import type { Session } from '../../session-pool/index.js'
import { keyMgmtHeader } from '../key-mgmt/key-mgmt.js'
import { recordSecurity, secured, securedRtcp } from '../key-mgmt/srtp-setup.js'
import type { RequestContext } from '../request/request-context.js'
import { type StreamSetup, takeTransport } from './stream-setup.js'
import type { UnicastTransport } from './transport-choice.js'

/** Sets up one track for a publisher. Packets that arrive before RECORD are dropped. */
export function setUpRecordStream(
  { server, connection, request }: RequestContext,
  session: Session,
  publication: Publication,
  trackIndex: number,
  transport: UnicastTransport,
): StreamSetup {
  const announced = publication.keysOf(trackIndex)
  const security = recordSecurity(session, trackIndex, transport, announced)
  let stream: RecordStream | undefined
  const receivers = {
    rtp: (packet: Buffer) => stream?.receiveRtp(packet),
    rtcp: (compound: Buffer) => stream?.receiveRtcp(compound),
  }
  const place = { path: publication.path, track: trackIndex, address: connection.remoteAddress }
  const taken = takeTransport(connection, transport, secured(receivers, security), {
    holder: session,
    onForeignPort: foreignPortTeller({ ...place, client: 'publisher' }),
  })
  // Over TCP the end of the connection shows that the publisher has gone, and rare packets are no
  // sign of a crash.
  const endWatch = transport.lowerTransport === 'UDP' ? server.silence.watch(session) : undefined
  stream = new RecordStream({
    clock: server.clock,
    lowerTransport: transport.lowerTransport,
    security,
    counters: session.stats,
    sendRtcp: securedRtcp(taken.sendRtcp, security),
    release: () => {
      taken.release()
      endWatch?.()
    },
    onPacket: () => session.touch(),
    onMediaEnded: () => session.end('mediaEnded'),
    onSilent: () => announceSilence({ ...place, lowerTransport: transport.lowerTransport }),
    onReplaced: () => session.end('replaced'),
    onClosed: (closed) => publication.removeStream(closed),
  })
  publication.addStream(stream, session)
  return {
    stream,
    answer: { ...taken.answer, mode: 'RECORD' },
    keyMgmt: security && keyMgmtHeader(request.uri, security.sender, server.clock),
  }
}
