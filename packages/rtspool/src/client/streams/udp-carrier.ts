import type { Clock } from '../../clock.js'
import { ClientError } from '../../errors.js'
import { addressDigits } from '../../host-of.js'
import { rtpHeaderBytes, writeRtpHeader } from '../../rtp/packet.js'
import { ClientPorts } from '../../transport/udp/client-ports.js'
import type { ClientConnection } from '../connection/client-connection.js'
import type { Carrier } from './carrier.js'
import type { ClientTrack } from './client-track.js'
import type { TransportAnswer } from './transport-answer.js'

/** Receives a track over UDP. */
export class UdpCarrier implements Carrier {
  readonly #connection: ClientConnection
  readonly #clock: Clock
  readonly #ports: ClientPorts

  private constructor(connection: ClientConnection, clock: Clock, ports: ClientPorts) {
    this.#connection = connection
    this.#clock = clock
    this.#ports = ports
  }

  /**
   * Opens a free pair of UDP ports for one track.
   *
   * @throws {TransportError} `ERR_UDP_PORTS_TAKEN` if no pair in the range is free.
   */
  static async create(
    connection: ClientConnection,
    clock: Clock,
    ports: readonly [first: number, last: number],
  ): Promise<UdpCarrier> {
    const address = connection.localAddress
    return new UdpCarrier(connection, clock, await ClientPorts.open({ ports, address }))
  }

  offerFor(profile: string): string {
    const { rtpPort } = this.#ports
    return `${profile};unicast;client_port=${rtpPort}-${rtpPort + 1}`
  }

  open(track: ClientTrack, { interleaved, serverPort, source }: TransportAnswer): void {
    if (interleaved !== undefined) {
      throw new ClientError('ERR_CLIENT_TRANSPORT', 'the server has chosen TCP in place of UDP')
    }
    const { remoteAddress } = this.#connection
    // Cameras behind a NAT announce an address that nobody can reach, and others none at all.
    const isAddress = source !== undefined && addressDigits(source) !== undefined
    this.#ports.listen(
      {
        addresses: isAddress ? [remoteAddress, source] : [remoteAddress],
        address: remoteAddress,
        ports: serverPort,
      },
      (packet) => track.receiveRtp(packet, this.#clock.now()),
      (packet) => track.receiveRtcp(packet, this.#clock.now()),
    )
    track.open(
      (compound) => this.#ports.sendRtcp(compound),
      (packet) => this.#ports.sendRtp(packet),
    )
    if (track.direction === 'receive') this.#ports.sendRtp(emptyPacket(track))
    track.sendReport(this.#clock.now())
  }

  close(): Promise<void> {
    return this.#ports.close()
  }
}

/** An RTP packet without payload: a server ignores it, and a NAT lets the answers to it through. */
function emptyPacket({ payloadType }: ClientTrack): Buffer {
  const packet = Buffer.alloc(rtpHeaderBytes)
  writeRtpHeader(packet, 0, Math.max(0, payloadType), false, 0, 0, 0)
  return packet
}
