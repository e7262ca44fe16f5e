import type { ReceptionReport } from '../../rtcp/index.js'
import type { SentReports } from '../fan-out/sent-reports.js'

/** The viewer behind a delivery, as the delivery calls it. */
export interface Viewer {
  /** @returns Whether the compound packet was valid. */
  receiveRtcp(compound: Buffer): boolean
  /** The viewer, or another one at its address, has sent valid RTCP. */
  noteSignOfLife(): void
  /** True if a reception report echoes a sender report that only this viewer was sent. */
  isEchoedBy(report: ReceptionReport): boolean
}

/** The way of one track to one viewer: a unicast reader of its own, or a place in a multicast group. */
export interface Delivery {
  readonly lowerTransport: 'TCP' | 'UDP'
  /** The sender reports that the viewer was sent. */
  readonly sentReports: SentReports | undefined
  /** True if the viewer may not know the rollover counter of the next packets. */
  readonly hasRolledOver: boolean
  /** Passes RTCP of the viewer on from now on. */
  open(viewer: Viewer): void
  /** The packets that a viewer begins with which starts now. @param stoppedAt - Sequence number at which it paused. */
  recentPackets(stoppedAt: number | undefined): readonly Buffer[]
  /** @param first - From {@link recentPackets}, in the same turn of the event loop. */
  start(first: readonly Buffer[]): void
  stop(): void
  /** Sends a BYE, if the packets go to this viewer alone. */
  sendBye(): void
  /** Brings the viewer's counters up to date while it plays. */
  settleCounters(): void
  /** Gives channels, ports or the place in the group back. Called once. */
  close(): void
}
