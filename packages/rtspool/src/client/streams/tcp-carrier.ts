import type { Clock } from '../../clock.js'
import { ClientError } from '../../errors.js'
import { channelCount } from '../../rtsp/interleaved.js'
import type { ClientConnection } from '../connection/client-connection.js'
import type { Carrier } from './carrier.js'
import type { ClientTrack } from './client-track.js'
import type { TransportAnswer } from './transport-answer.js'

/** Receives a track in frames of the RTSP connection. */
export class TcpCarrier implements Carrier {
  readonly #connection: ClientConnection
  readonly #clock: Clock
  readonly #channels: readonly [rtp: number, rtcp: number]

  /**
   * Creates the carrier of one track.
   *
   * @param place - Number of tracks set up before: the carrier asks for the channels 2 × `place` and 2 × `place` + 1.
   */
  constructor(connection: ClientConnection, clock: Clock, place: number) {
    this.#connection = connection
    this.#clock = clock
    this.#channels = [place * 2, place * 2 + 1]
  }

  offerFor(profile: string): string {
    return `${profile}/TCP;unicast;interleaved=${this.#channels.join('-')}`
  }

  open(track: ClientTrack, { interleaved, serverPort }: TransportAnswer): void {
    if (interleaved === undefined && serverPort !== undefined) {
      throw new ClientError('ERR_CLIENT_TRANSPORT', 'the server has chosen UDP in place of TCP')
    }
    const connection = this.#connection
    const [rtp, rtcp] = interleaved ?? this.#channels
    const isTaken = connection.hasChannel(rtp) || connection.hasChannel(rtcp)
    if (rtp >= channelCount || rtcp >= channelCount || rtp === rtcp || isTaken) {
      throw new ClientError(
        'ERR_CLIENT_PROTOCOL',
        `the server cannot use the channels ${rtp}-${rtcp}`,
      )
    }
    connection.setChannel(rtp, (packet) => track.receiveRtp(packet, this.#clock.now()))
    connection.setChannel(rtcp, (packet) => track.receiveRtcp(packet, this.#clock.now()))
    track.open(
      (compound) => connection.sendFrame(rtcp, compound),
      (packet) => connection.sendFrame(rtp, packet),
    )
  }

  async close(): Promise<void> {
    // The channels end with the connection.
  }
}
