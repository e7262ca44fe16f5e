import type { Clock } from '../../clock.js'
import type { UdpEndpoint } from '../../transport/udp/udp-endpoint.js'
import type { Reader } from '../fan-out/reader.js'
import type { SentReports } from '../fan-out/sent-reports.js'
import type { Delivery, Viewer } from '../track/delivery.js'
import type { Track } from '../track/track.js'
import { LearnedRtcp } from './learned-rtcp.js'
import type { StreamLink } from './stream-link.js'

export interface UnicastDeliveryInit {
  readonly track: Track
  readonly link: StreamLink
  readonly reader: Reader
  /**
   * Socket on which the viewer's RTCP may arrive from a port that the viewer did not announce; see
   * {@link LearnedRtcp}.
   */
  readonly learns?:
    | { readonly clock: Clock; readonly endpoint: UdpEndpoint; readonly address: string }
    | undefined
  /** Function that stops watching for ICMP messages by which the viewer's host refuses packets. Idempotent. */
  readonly endRefusals?: (() => void) | undefined
}

/** Delivers a track to one viewer, over channels or ports of this viewer only. */
export class UnicastDelivery implements Delivery {
  readonly lowerTransport: 'TCP' | 'UDP'
  readonly #init: UnicastDeliveryInit
  readonly #reader: Reader
  #learned: LearnedRtcp | undefined

  constructor(init: UnicastDeliveryInit) {
    this.#init = init
    this.lowerTransport = init.link.lowerTransport
    this.#reader = init.reader
  }

  get sentReports(): SentReports | undefined {
    return this.#reader.sentReports
  }

  get hasRolledOver(): boolean {
    const { srtp } = this.#reader
    return srtp?.sender.hasRolledOver(srtp.position) ?? false
  }

  get queuedBytes(): number {
    const reader = this.#reader
    return reader.kind === 'interleaved' ? (reader.carrier.queuedBytes ?? 0) : 0
  }

  get isCongested(): boolean {
    const reader = this.#reader
    return reader.kind === 'interleaved' && reader.carrier.isCongested
  }

  open(viewer: Viewer): void {
    const { link, learns, endRefusals } = this.#init
    link.open({
      // Clients behind a NAT send a packet to open the way; the packet means nothing.
      rtp: () => {},
      rtcp: (compound) => {
        if (viewer.receiveRtcp(compound)) this.#learned?.heard()
      },
      // Another stream has the port: no socket of ours may stand in the way of its packets.
      onReplaced: endRefusals,
    })
    this.#learned = learns && new LearnedRtcp({ ...learns, viewer })
  }

  recentPackets(stoppedAt: number | undefined): readonly Buffer[] {
    const reader = this.#reader
    // A congested viewer would not be sent these packets either.
    if (reader.kind === 'interleaved' && reader.carrier.isCongested) return []
    return this.#init.track.recentPackets(stoppedAt, reader.srtp?.sender)
  }

  start(first: readonly Buffer[]): void {
    this.#init.track.addReader(this.#reader, first)
  }

  stop(): void {
    this.#init.track.removeReader(this.#reader)
  }

  sendBye(): void {
    this.#init.track.sendBye(this.#reader)
  }

  settleCounters(): void {
    this.#init.track.settleCounters(this.#reader)
  }

  close(): void {
    this.#init.link.close()
    this.#learned?.release()
    this.#init.endRefusals?.()
  }
}
