import { isIP } from 'node:net'
import { parseRtspUri } from '../../rtsp/index.js'
import { sourceAddressTo } from '../../transport/system/source-address.js'
import type { ConnectionContext } from '../request/connection-context.js'
import type { RequestContext } from '../request/request-context.js'
import { type ChosenTransport, isMulticast } from './transport-choice.js'

/**
 * Source addresses by connection; `undefined` = the server's address on the connection. Each
 * connection needs one look-up, because its addresses do not change.
 */
const known = new WeakMap<ConnectionContext, Promise<string | undefined>>()

/**
 * Adds `source=` to a transport if packets come from another address than the one that the client
 * has connected to (RFC 2326 section 12.39). A machine with several addresses chooses one itself,
 * unless the server listens on one of them only.
 *
 * `rtspsrc2` of GStreamer 1.28 always gets `source=`. Without it, that client expects packets from
 * the null address in `c=`, and drops the real ones.
 */
export async function withSource(
  context: RequestContext,
  transport: ChosenTransport,
): Promise<ChosenTransport> {
  if (isMulticast(transport) || transport.lowerTransport === 'TCP') return transport
  const other = transport.rtp.hasAnyAddress ? await otherSource(context.connection) : undefined
  const source = other ?? (isRtspsrc2(context) ? connectedAddress(context) : undefined)
  return source === undefined ? transport : { ...transport, source }
}

function otherSource(connection: ConnectionContext): Promise<string | undefined> {
  const asked = known.get(connection) ?? otherSourceOf(connection)
  known.set(connection, asked)
  return asked
}

async function otherSourceOf(connection: ConnectionContext): Promise<string | undefined> {
  const source = withoutZone(await sourceAddressTo(connection.remoteAddress))
  return source === withoutZone(connection.localAddress) ? undefined : source
}

/** True if the client of a request is `rtspsrc2` of GStreamer, by its User-Agent. */
export const isRtspsrc2 = ({ request }: RequestContext): boolean =>
  /\brtspsrc2\b/.test(request.headers.get('User-Agent') ?? '')

/**
 * Returns the server's address to which the client has connected, as the client knows it. Behind a NAT, it differs
 * from the server's own.
 */
function connectedAddress({ request, connection }: RequestContext): string | undefined {
  const { host } = parseRtspUri(request.uri)
  return withoutZone(isIP(host) > 0 ? host : connection.localAddress)
}

const withoutZone = (address?: string): string | undefined => address?.split('%')[0]
