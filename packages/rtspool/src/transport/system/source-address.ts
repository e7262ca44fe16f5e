import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { numericLookup } from './numeric-lookup.js'

/** Any port will do: nothing is sent there. */
const discardPort = 9

/**
 * The address that the system gives as the source of datagrams that leave a socket bound to all addresses.
 *
 * @param address - Where they go to; numeric.
 * @returns `undefined` when there is no way there.
 */
export async function sourceAddressTo(address: string): Promise<string | undefined> {
  const type = address.includes(':') ? 'udp6' : 'udp4'
  const socket = createSocket({ type, lookup: numericLookup as never })
  try {
    const connected = once(socket, 'connect')
    socket.connect(discardPort, address)
    await connected
    return socket.address().address
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}
