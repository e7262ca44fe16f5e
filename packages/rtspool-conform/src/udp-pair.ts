import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { CannotRun } from './mismatch.js'
import type { Waiting } from './waiting.js'

/** A datagram that has arrived on a UDP socket, with the address of its sender. */
export interface Datagram {
  readonly payload: Buffer
  /** Port from which the datagram was sent. */
  readonly port: number
  readonly address: string
}

const firstPort = 40_000
const lastPort = 60_000
const maxDatagrams = 20_000

/**
 * Two UDP sockets: one at an even port for RTP, and one at the next port for RTCP (RFC 3550 section
 * 11).
 */
export class UdpPair {
  readonly rtp: Datagram[] = []
  readonly rtcp: Datagram[] = []
  readonly #sockets: readonly [Socket, Socket]
  readonly port: number

  private constructor(sockets: readonly [Socket, Socket], port: number, waiting: Waiting) {
    this.#sockets = sockets
    this.port = port
    const keep =
      (kept: Datagram[]) => (payload: Buffer, from: { port: number; address: string }) => {
        if (kept.length < maxDatagrams)
          kept.push({ payload, port: from.port, address: from.address })
        waiting.notify()
      }
    sockets[0].on('message', keep(this.rtp)).on('error', () => undefined)
    sockets[1].on('message', keep(this.rtcp)).on('error', () => undefined)
  }

  /**
   * Opens two UDP sockets, at an even port and the next one.
   *
   * @param waiting - Told of each datagram that arrives.
   * @throws {CannotRun} If no pair of ports is free.
   */
  static async open(isIPv6: boolean, waiting: Waiting): Promise<UdpPair> {
    const tries = 200
    for (let n = 0; n < tries; n += 1) {
      const port = firstPort + 2 * Math.floor((Math.random() * (lastPort - firstPort)) / 2)
      const rtp = await bind(isIPv6, port)
      const rtcp = rtp && (await bind(isIPv6, port + 1))
      if (rtp && rtcp) return new UdpPair([rtp, rtcp], port, waiting)
      rtp?.close()
    }
    throw new CannotRun('no even/odd pair of UDP ports is free')
  }

  /** Both port numbers as a parameter of the Transport header: `client_port=40000-40001`. */
  get clientPort(): string {
    return `client_port=${this.port}-${this.port + 1}`
  }

  sendRtp(payload: Buffer, port: number, address: string): void {
    this.#sockets[0].send(payload, port, address)
  }

  sendRtcp(payload: Buffer, port: number, address: string): void {
    this.#sockets[1].send(payload, port, address)
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }
}

async function bind(isIPv6: boolean, port: number): Promise<Socket | undefined> {
  const socket = createSocket(isIPv6 ? 'udp6' : 'udp4')
  const bound = once(socket, 'listening').then(
    () => true,
    () => false,
  )
  socket.bind(port)
  if (await bound) return socket
  socket.close()
  return undefined
}
