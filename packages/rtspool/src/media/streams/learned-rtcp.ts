import type { Clock } from '../../clock.js'
import type { DatagramReceiver } from '../../transport/udp/peer-table.js'
import type { RtcpSource } from '../../transport/udp/rtcp-sources.js'
import type { UdpEndpoint } from '../../transport/udp/udp-endpoint.js'
import type { Viewer } from '../track/delivery.js'

/**
 * Receives the RTCP of one viewer from a UDP port that the viewer did not announce, once {@link
 * RtcpSources} has found that port.
 */
export class LearnedRtcp {
  readonly #endpoint: UdpEndpoint
  readonly #address: string
  readonly #receive: DatagramReceiver
  readonly #source: RtcpSource
  #port: number | undefined

  constructor(init: {
    readonly clock: Clock
    readonly endpoint: UdpEndpoint
    readonly address: string
    readonly viewer: Viewer
  }) {
    const { clock, endpoint, address, viewer } = init
    this.#endpoint = endpoint
    this.#address = address
    this.#receive = (compound) => void viewer.receiveRtcp(compound)
    this.#source = {
      isEchoedBy: (report) => viewer.isEchoedBy(report),
      now: () => clock.now(),
      learned: (port) => {
        this.#port = port
        endpoint.peers.set(address, port, this.#receive)
      },
    }
    endpoint.rtcpSources.add(address, this.#source)
  }

  /** Notes that RTCP has arrived from the announced port, and stops looking for another one. */
  heard(): void {
    if (this.#port === undefined) this.#endpoint.rtcpSources.delete(this.#address, this.#source)
  }

  /** Stops looking for the viewer's port, and stops receiving RTCP from a port that was found. Idempotent. */
  release(): void {
    this.#endpoint.rtcpSources.delete(this.#address, this.#source)
    if (this.#port !== undefined) {
      this.#endpoint.peers.delete(this.#address, this.#port, this.#receive)
    }
  }
}
