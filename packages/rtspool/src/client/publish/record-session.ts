import type { RtspResponse } from '../../rtsp/index.js'
import type { ClientCredentials, ClientUrl } from '../client-url.js'
import { announcedMethods } from '../connection/announced-methods.js'
import type { ClientConnection } from '../connection/client-connection.js'
import { closeOnAbort } from '../connection/close-on-abort.js'
import { expectOk } from '../connection/expect-ok.js'
import { openConnection } from '../connection/open-connection.js'
import { credentialsAt, isRedirect, redirectedTo } from '../connection/redirect.js'
import type { RtspClientTransport } from '../rtsp-client.js'
import { usesDatagrams } from '../streams/carrier.js'
import { ClientSession } from '../streams/client-session.js'
import { TrackSecurity } from '../streams/track-security.js'
import { readTransportAnswer } from '../streams/transport-answer.js'
import { serializeAnnouncement, setupUriOf } from './announcement.js'
import type { ResolvedPublishOptions } from './publish-options.js'
import { type RtpLink, TcpLink, UdpLink } from './rtp-link.js'
import { SecureLink } from './secure-link.js'

/** Connection that is ready for RECORD: the stream is announced, and each track is set up and has a link. */
export interface RecordSession {
  /** URL of the stream after redirects. */
  readonly url: ClientUrl
  readonly connection: ClientConnection
  readonly session: ClientSession
  readonly transport: RtspClientTransport
  readonly methods: readonly string[]
  /** Links that send RTP and RTCP packets to the server, one for each track, in the order of the announced media. */
  readonly links: readonly RtpLink[]
}

/**
 * Connects, and sends ANNOUNCE and the SETUP of each media over one transport. Follows redirects of ANNOUNCE on new
 * connections. The caller closes connection and links.
 *
 * @param own - Credentials for the host of `first`.
 * @throws {ClientError} the server cannot be reached, or refuses. Everything is closed then.
 */
export async function openRecordSession(
  first: ClientUrl,
  own: ClientCredentials | undefined,
  options: ResolvedPublishOptions,
  transport: RtspClientTransport,
): Promise<RecordSession> {
  let url = first
  for (let hops = 0; ; hops++) {
    const credentials = credentialsAt(url, first, own, options.connection)
    const opened = await openOnce(url, credentials, options, transport)
    if (!('redirect' in opened)) return opened
    url = redirectedTo(opened.redirect, url, hops, options.connection)
  }
}

async function openOnce(
  url: ClientUrl,
  credentials: ClientCredentials | undefined,
  { media, name, srtp, connection: options }: ResolvedPublishOptions,
  transport: RtspClientTransport,
): Promise<RecordSession | { readonly redirect: RtspResponse }> {
  const securities = media.map(() => srtp && new TrackSecurity(undefined, srtp))
  const connection = await openConnection(url, credentials, options, transport)
  const stopAborting = closeOnAbort(connection, options.signal)
  const session = new ClientSession(connection, { aggregateUri: url.uri }, options.clock)
  const links: RtpLink[] = []
  try {
    const methods = await announcedMethods(connection, url.uri)
    const headers = { 'Content-Type': 'application/sdp' }
    const keys = securities.map((security, place) =>
      security?.attributeFor(options.clock, media[place]?.ssrc),
    )
    const body = serializeAnnouncement(name, media, keys)
    const request = { method: 'ANNOUNCE', uri: url.uri, headers, body }
    const announced = await connection.request(request)
    if (isRedirect(announced)) {
      await connection.close(undefined)
      return { redirect: announced }
    }
    expectOk('ANNOUNCE', announced)
    for (const [place, each] of media.entries()) {
      const uri = setupUriOf(url.uri, each)
      const { protocol } = each.description
      const plain = usesDatagrams(transport)
        ? await UdpLink.create(connection, protocol, options.udpPorts)
        : new TcpLink(connection, protocol, place)
      const security = securities[place]
      const link = security ? new SecureLink(plain, security) : plain
      links.push(link)
      const keyHeaders = security?.headersFor(uri, options.clock, each.ssrc)
      const response = await session.setUpTransport(uri, { Transport: link.offer, ...keyHeaders })
      for (const answer of [announced, response]) security?.learn(answer, uri)
      link.open(readTransportAnswer(response.headers.get('transport')))
    }
    return { url, connection, session, transport, methods, links }
  } catch (error) {
    await connection.close(error, session.farewell)
    for (const link of links) await link.close()
    throw error
  } finally {
    stopAborting()
  }
}
