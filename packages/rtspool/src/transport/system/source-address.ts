import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { numericLookup } from './numeric-lookup.js'

/** Destination port of a socket that is only connected and sends nothing, so any port would do. */
const discardPort = 9

/**
 * Finds the source address that the system gives to datagrams from a socket that is bound to all addresses.
 *
 * @param address - Numeric address of the destination.
 * @returns `undefined` if there is no route to the destination.
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
