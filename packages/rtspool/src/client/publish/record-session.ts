import type { ClientCredentials, ClientUrl } from '../client-url.js'
import { announcedMethods } from '../connection/announced-methods.js'
import type { ClientConnection } from '../connection/client-connection.js'
import { closeOnAbort } from '../connection/close-on-abort.js'
import { expectOk } from '../connection/expect-ok.js'
import { openConnection } from '../connection/open-connection.js'
import type { RtspClientTransport } from '../rtsp-client.js'
import { usesDatagrams } from '../streams/carrier.js'
import { ClientSession } from '../streams/client-session.js'
import { serializeAnnouncement, setupUriOf } from './announcement.js'
import type { ResolvedPublishOptions } from './publish-options.js'
import { type RtpLink, TcpLink, UdpLink } from './rtp-link.js'

/** Connection that is ready for RECORD: the stream is announced, and each track is set up and has a link. */
export interface RecordSession {
  readonly connection: ClientConnection
  readonly session: ClientSession
  readonly transport: RtspClientTransport
  readonly methods: readonly string[]
  /** Links that send RTP and RTCP packets to the server, one for each track, in the order of the announced media. */
  readonly links: readonly RtpLink[]
}

/**
 * Connects, and sends ANNOUNCE and the SETUP of each media over one transport. The caller closes connection and links.
 *
 * @throws {ClientError} the server cannot be reached, or refuses. Everything is closed then.
 */
export async function openRecordSession(
  url: ClientUrl,
  credentials: ClientCredentials | undefined,
  { media, name, connection: options }: ResolvedPublishOptions,
  transport: RtspClientTransport,
): Promise<RecordSession> {
  const connection = await openConnection(url, credentials, options, transport)
  const stopAborting = closeOnAbort(connection, options.signal)
  const session = new ClientSession(connection, { aggregateUri: url.uri }, options.clock)
  const links: RtpLink[] = []
  try {
    const methods = await announcedMethods(connection, url.uri)
    const headers = { 'Content-Type': 'application/sdp' }
    const body = serializeAnnouncement(name, media)
    expectOk(
      'ANNOUNCE',
      await connection.request({ method: 'ANNOUNCE', uri: url.uri, headers, body }),
    )
    for (const [place, each] of media.entries()) {
      const link = usesDatagrams(transport)
        ? await UdpLink.create(connection, options.udpPorts)
        : new TcpLink(connection, place)
      links.push(link)
      link.open(await session.setUpTransport(setupUriOf(url.uri, each), link.offer))
    }
    return { connection, session, transport, methods, links }
  } catch (error) {
    await connection.close(error, session.farewell)
    for (const link of links) await link.close()
    throw error
  } finally {
    stopAborting()
  }
}
