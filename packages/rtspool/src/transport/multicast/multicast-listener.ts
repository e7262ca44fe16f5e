import { createSocket, type Socket } from 'node:dgram'

/** Called with each datagram; the buffer is the receiver's to keep. */
export type MulticastReceiver = (packet: Buffer, address: string) => void

/**
 * Hears what members of a group say to it: players send their receiver reports there (RFC 3550 section 6).
 * Where the group cannot be joined it hears nothing; their requests keep them alive then.
 */
export class MulticastListener {
  readonly #socket: Socket
  #isClosed = false

  /** @param interfaceAddress - As `dgram` wants it; that of the system's routes when absent. */
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
        // No interface for it: bound and deaf.
      }
    })
  }

  /** Leaves the group. Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
  }
}
