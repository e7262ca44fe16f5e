import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** A member of a multicast group on the loopback: records packets of one port. */
export class MulticastMember {
  readonly packets: Buffer[] = []
  readonly #socket: Socket
  #onPacket: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (packet) => {
      this.packets.push(packet)
      this.#onPacket?.()
    })
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

  until(isDone: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isDone()) return
        this.#onPacket = undefined
        resolve()
      }
      this.#onPacket = look
      look()
    })
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}
