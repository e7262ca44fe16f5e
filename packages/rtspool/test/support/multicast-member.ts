import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** A member of a multicast group on the loopback: records packets of one port. */
export class MulticastMember {
  readonly packets: Buffer[] = []
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (packet) => void this.packets.push(packet))
  }

  static async join(address: string, port: number): Promise<MulticastMember> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    const listening = once(socket, 'listening')
    socket.bind(port, address)
    await listening
    socket.addMembership(address, '127.0.0.1')
    socket.setMulticastInterface('127.0.0.1')
    return new MulticastMember(socket)
  }

  /** Sends a packet to the group. */
  send(packet: Buffer, port: number, address: string): void {
    this.#socket.send(packet, port, address)
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}
