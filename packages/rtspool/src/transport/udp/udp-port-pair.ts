import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { NativeSockets } from '../system/native-sockets.js'
import { numericLookup } from '../system/numeric-lookup.js'
import type { SendThreads } from '../threads/send-threads.js'
import { socketBufferBytes } from './socket-sends.js'
import { type Batching, UdpEndpoint } from './udp-endpoint.js'
import { wildcards } from './wildcards.js'

export interface UdpPortPairOptions {
  readonly family: 4 | 6
  /** Local address to bind. Default: the wildcard address of the family. */
  readonly address?: string | undefined
  /** Native calls, with which datagrams are sent in batches. Default: Node's own calls. */
  readonly native?: NativeSockets | undefined
  /** Send threads that may send to groups of viewers. The option needs `native`. */
  readonly threads?: SendThreads | undefined
  /** Maximum size of an RTP packet in bytes; see {@link DatagramSender.maxDatagramBytes}. @default 1472 */
  readonly maxDatagramBytes?: number | undefined
}

/** A pair of sockets of one address family: an even port for RTP, and the next one for RTCP (RFC 3550 section 11). */
export class UdpPortPair {
  readonly rtp: UdpEndpoint
  readonly rtcp: UdpEndpoint

  private constructor(rtp: UdpEndpoint, rtcp: UdpEndpoint) {
    this.rtp = rtp
    this.rtcp = rtcp
  }

  /**
   * Binds both ports or neither.
   *
   * @param rtpPort - Even port for RTP.
   * @throws The error of `bind`, for example `EADDRINUSE`.
   */
  static async open(rtpPort: number, options: UdpPortPairOptions): Promise<UdpPortPair> {
    const rtp = await bind(rtpPort, options)
    try {
      return new UdpPortPair(rtp, await bind(rtpPort + 1, options))
    } catch (error) {
      await rtp.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.rtp.close(), this.rtcp.close()])
  }
}

/** Opens a UDP socket. Native calls, if available, bind it, because they yield the descriptor that batches need. */
async function bind(
  port: number,
  { family, address, native, threads, maxDatagramBytes }: UdpPortPairOptions,
): Promise<UdpEndpoint> {
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    lookup: numericLookup as never,
  })
  const listening = once(socket, 'listening')
  let batching: Batching | undefined
  try {
    if (native) {
      const descriptor = native.bindDatagram(address ?? wildcards[family], port)
      const isSegmenting = native.hasSegmentation(descriptor)
      batching = { native, descriptor, isSegmenting, threads }
      // In a worker of node:cluster, Node would otherwise ask the primary process for the socket.
      socket.bind({ fd: descriptor, exclusive: true })
    } else {
      socket.bind({ port, ...(address === undefined ? {} : { address }), exclusive: true })
    }
    await listening
  } catch (error) {
    listening.catch(() => {})
    socket.close()
    throw error
  }
  growBuffers(socket)
  return new UdpEndpoint(socket, batching, maxDatagramBytes)
}

function growBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(socketBufferBytes)
    socket.setSendBufferSize(socketBufferBytes)
  } catch {
    // Some systems refuse sizes over their limit instead of clamping them; the default size works too.
  }
}
