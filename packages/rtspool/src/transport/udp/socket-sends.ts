import type { Socket } from 'node:dgram'
import { queuedBytesOf } from '../system/runtime.js'
import type { DatagramLoss, DatagramSent } from './datagram-group.js'

/** Size of the kernel's socket buffers in bytes: room for a burst of key frames. The kernel may grant less. */
export const socketBufferBytes = 4 * 1024 * 1024
/**
 * Maximum bytes that Node queues while the kernel accepts none. Above the limit, packets are
 * dropped.
 */
const maxQueuedBytes = socketBufferBytes

/** Sends datagrams through Node's `send`, one call for each. */
export class SocketSends {
  readonly #socket: Socket
  readonly #loss: DatagramLoss
  #isStopped = false

  constructor(socket: Socket, loss: DatagramLoss) {
    this.#socket = socket
    this.#loss = loss
  }

  /** Stops sending, because the socket is closed: later datagrams are dropped. */
  stop(): void {
    this.#isStopped = true
  }

  readonly #countError = (error: Error | null): void => {
    if (error) this.#loss.sendErrors++
  }

  /** Sends one datagram through Node. Drops it after {@link stop}. */
  readonly send = (
    packet: Buffer,
    port: number,
    address: string,
    sent: DatagramSent = this.#countError,
  ): void => {
    if (!this.#isStopped) this.#socket.send(packet, port, address, sent)
  }

  /** Returns whether Node may queue more datagrams; `true` after {@link stop}, as {@link send} then drops them. */
  readonly hasRoom = (): boolean => this.#isStopped || queuedBytesOf(this.#socket) <= maxQueuedBytes
}
