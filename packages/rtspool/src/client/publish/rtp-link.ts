import { ClientError } from '../../errors.js'
import { channelCount } from '../../rtsp/interleaved.js'
import { ClientPorts } from '../../transport/udp/client-ports.js'
import type { ClientConnection } from '../connection/client-connection.js'
import type { TransportAnswer } from '../streams/transport-answer.js'

/** Sender of the RTP and RTCP packets of one published track. */
export interface RtpLink {
  /** Value of the Transport header in the SETUP request of the track. */
  readonly offer: string
  /** Called with each compound RTCP packet of the server; the publisher sets the function. */
  onRtcp: (compound: Buffer) => void
  /**
   * Connects the link to the ports or channels in the response to SETUP. Nothing can be sent before.
   *
   * @throws {ClientError} the answer cannot be used.
   */
  open(answer: TransportAnswer): void
  /** Sends an RTP packet. @returns `false` if the packet was left out, because SRTP cannot protect it */
  sendRtp(packet: Buffer): boolean
  sendRtcp(compound: Buffer): void
  /** Releases the UDP ports of the link, if it has any. Idempotent. */
  close(): Promise<void>
}

/** Sends a track in interleaved frames of the RTSP connection. */
export class TcpLink implements RtpLink {
  readonly offer: string
  onRtcp: (compound: Buffer) => void = () => undefined
  readonly #connection: ClientConnection
  #channels: readonly [rtp: number, rtcp: number]

  /**
   * Creates the link of one track.
   *
   * @param profile - `RTP/AVP` or `RTP/SAVP`.
   * @param place - Number of tracks set up before: the link asks for the channels 2 × `place` and 2 × `place` + 1.
   */
  constructor(connection: ClientConnection, profile: string, place: number) {
    this.#connection = connection
    this.#channels = [place * 2, place * 2 + 1]
    this.offer = `${profile}/TCP;unicast;interleaved=${this.#channels.join('-')};mode=record`
  }

  open({ interleaved, serverPort }: TransportAnswer): void {
    if (interleaved === undefined && serverPort !== undefined) {
      throw new ClientError('ERR_CLIENT_TRANSPORT', 'the server has chosen UDP in place of TCP')
    }
    const [rtp, rtcp] = interleaved ?? this.#channels
    const isTaken = this.#connection.hasChannel(rtp) || this.#connection.hasChannel(rtcp)
    if (rtp >= channelCount || rtcp >= channelCount || rtp === rtcp || isTaken) {
      throw new ClientError(
        'ERR_CLIENT_PROTOCOL',
        `the server cannot use the channels ${rtp}-${rtcp}`,
      )
    }
    this.#channels = [rtp, rtcp]
    this.#connection.setChannel(rtp, () => undefined)
    this.#connection.setChannel(rtcp, (compound) => this.onRtcp(compound))
  }

  sendRtp(packet: Buffer): boolean {
    this.#connection.sendMedia(this.#channels[0], packet)
    return true
  }

  sendRtcp(compound: Buffer): void {
    this.#connection.sendMedia(this.#channels[1], compound)
  }

  async close(): Promise<void> {
    // The channels end with the connection.
  }
}

/** Sends a track in datagrams from a pair of UDP ports. */
export class UdpLink implements RtpLink {
  readonly offer: string
  onRtcp: (compound: Buffer) => void = () => undefined
  readonly #connection: ClientConnection
  readonly #ports: ClientPorts

  private constructor(connection: ClientConnection, profile: string, ports: ClientPorts) {
    this.#connection = connection
    this.#ports = ports
    const { rtpPort } = ports
    this.offer = `${profile};unicast;client_port=${rtpPort}-${rtpPort + 1};mode=record`
  }

  /** Opens a pair of UDP ports in a range, for `RTP/AVP` or `RTP/SAVP`. @throws {TransportError} `ERR_UDP_PORTS_TAKEN` */
  static async create(
    connection: ClientConnection,
    profile: string,
    ports: readonly [first: number, last: number],
  ): Promise<UdpLink> {
    const address = connection.localAddress
    return new UdpLink(connection, profile, await ClientPorts.open({ ports, address }))
  }

  open({ interleaved, serverPort }: TransportAnswer): void {
    if (interleaved !== undefined || !serverPort || serverPort[0] === 0) {
      throw new ClientError(
        'ERR_CLIENT_TRANSPORT',
        `expected server_port in the response to SETUP, got ${interleaved ? 'interleaved channels' : 'none'}`,
      )
    }
    // Packets go to the server of the connection only, whatever address it announces.
    const { remoteAddress } = this.#connection
    const place = { addresses: [remoteAddress], address: remoteAddress, ports: serverPort }
    this.#ports.listen(
      place,
      () => undefined,
      (compound) => this.onRtcp(compound),
    )
  }

  sendRtp(packet: Buffer): boolean {
    this.#ports.sendRtp(packet)
    return true
  }

  sendRtcp(compound: Buffer): void {
    this.#ports.sendRtcp(compound)
  }

  close(): Promise<void> {
    return this.#ports.close()
  }
}
