import { sourceAddressTo } from '../transport/source-address.js'
import type { ConnectionContext } from './request-context.js'
import { type ChosenTransport, isMulticast } from './transport-choice.js'

/** One question a connection: its ends do not change. */
const known = new WeakMap<ConnectionContext, Promise<string | undefined>>()

/**
 * Says where a stream comes from that does not come from the address that the client has connected to
 * (RFC 2326 section 12.39): a machine with several addresses sends from one of its own choice, unless the server
 * listens on one of them only.
 */
export async function withSource(
  connection: ConnectionContext,
  transport: ChosenTransport,
): Promise<ChosenTransport> {
  if (isMulticast(transport) || transport.lowerTransport === 'TCP') return transport
  if (!transport.rtp.hasAnyAddress) return transport
  const asked = known.get(connection) ?? otherSourceOf(connection)
  known.set(connection, asked)
  const source = await asked
  return source === undefined ? transport : { ...transport, source }
}

async function otherSourceOf(connection: ConnectionContext): Promise<string | undefined> {
  const source = withoutZone(await sourceAddressTo(connection.remoteAddress))
  return source === withoutZone(connection.localAddress) ? undefined : source
}

const withoutZone = (address?: string): string | undefined => address?.split('%')[0]
