import type { ReceptionReport } from '../../rtcp/index.js'
import type { SentReports } from '../fan-out/sent-reports.js'

/** The viewer to whom a {@link Delivery} sends a track: the members that the delivery calls. */
export interface Viewer {
  /** Receives a compound RTCP packet from the viewer. @returns True if the packet was valid. */
  receiveRtcp(compound: Buffer): boolean
  /** Keeps the viewer's session alive, because valid RTCP has arrived from the viewer's address. */
  noteSignOfLife(): void
  /** Returns whether a reception report must come from this viewer; see {@link PlayStream.isEchoedBy}. */
  isEchoedBy(report: ReceptionReport): boolean
}

/** Delivers one track to one viewer: as a unicast reader of its own, or as a member of a multicast group. */
export interface Delivery {
  readonly lowerTransport: 'TCP' | 'UDP'
  /** Record of the sender reports that were sent to the viewer; `undefined` before any. */
  readonly sentReports: SentReports | undefined
  /**
   * True if the SRTP rollover counter has changed while the viewer was sent nothing. The response to
   * PLAY must then contain the counter.
   */
  readonly hasRolledOver: boolean
  /** Number of bytes that wait in this process until the viewer reads them; 0 if unknown. */
  readonly queuedBytes: number
  /** True while a connection leaves packets out, because the viewer has too much unread data. @default false */
  readonly isCongested?: boolean
  /** Sets the viewer, to whom the RTCP that arrives is passed from now on. Called once, before all other methods. */
  open(viewer: Viewer): void
  /**
   * Returns the packets that the viewer would be sent first if it started now.
   *
   * @param stoppedAt - Sequence number of the first packet that was not sent because of PAUSE. If
   * that packet is still cached, the viewer continues there.
   */
  recentPackets(stoppedAt: number | undefined): readonly Buffer[]
  /**
   * Starts to send packets to the viewer.
   *
   * @param first - Result of {@link recentPackets}, in the same turn of the event loop.
   */
  start(first: readonly Buffer[]): void
  stop(): void
  /** Sends an RTCP BYE, if the packets go to this viewer alone. */
  sendBye(): void
  /** Brings the viewer's counters of sent packets and bytes up to date. Called only while the viewer plays. */
  settleCounters(): void
  /** Releases the channels, ports or group membership. Called once. */
  close(): void
}
