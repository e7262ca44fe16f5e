import { createSocket, type Socket } from 'node:dgram'

/** Function that receives each datagram sent to the group, with the sender's address, and may keep the buffer. */
export type MulticastReceiver = (packet: Buffer, address: string) => void

/**
 * Receives datagrams that members send to a multicast group: players send their receiver reports there (RFC 3550
 * section 6). If the group cannot be joined, nothing is received, and players must keep their sessions alive by
 * requests.
 */
export class MulticastListener {
  readonly #socket: Socket
  #isClosed = false

  /**
   * Joins the multicast group, and receives the datagrams sent to it from now on.
   *
   * @param interfaceAddress - Interface in the form that `dgram` expects. Default: chosen by the system's routes.
   */
  constructor(
    { address, port }: { readonly address: string; readonly port: number },
    interfaceAddress: string | undefined,
    receiver: MulticastReceiver,
  ) {
    const type = address.includes(':') ? 'udp6' : 'udp4'
    // Players on this machine bind the same port.
    this.#socket = createSocket({ type, reuseAddr: true })
    this.#socket.on('error', () => this.close())
    this.#socket.on('message', (packet, from) => receiver(packet, from.address))
    this.#socket.bind({ address, port, exclusive: true }, () => {
      try {
        this.#socket.addMembership(address, interfaceAddress)
      } catch {
        // No interface for the group: the socket stays bound and receives nothing.
      }
    })
  }

  /** Leaves the group and closes the socket. Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
  }
}
