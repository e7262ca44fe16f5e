import { frameInterleaved } from '../../rtsp/index.js'
import type { SrtpPosition, SrtpSender } from '../../srtp/index.js'
import type { InterleavedCarrier } from '../../transport/tcp/channel-table.js'
import type { DatagramSender } from '../../transport/udp/udp-port-pair.js'
import type { SentReports } from './sent-reports.js'

/**
 * What was delivered to one reader. Sessions hand in their own counters. They are up to date when the reader has been
 * removed, and after `Track.settleCounters`.
 */
export interface DeliveryCounters {
  packetsOut: number
  bytesOut: number
  /**
   * Packets that were left out because the reader was too slow, they were too large for a datagram, or the system did
   * not take them.
   */
  packetsDropped: number
}

/** What a reader with SRTP and SRTCP shares with others, and where it is. */
export interface SrtpReader {
  readonly sender: SrtpSender
  /** As far as it has been told, or has come when it was removed. */
  position: SrtpPosition
  /** Whether each packet has the index of the key (MKI). */
  readonly isIndexed?: boolean
}

/** A reader inside an RTSP connection. */
export interface InterleavedReader {
  readonly kind: 'interleaved'
  readonly carrier: InterleavedCarrier
  /** Channels of RTP and RTCP. */
  readonly channels: readonly [number, number]
  readonly counters: DeliveryCounters
  /** Notes the sender reports that it is sent. */
  readonly sentReports?: SentReports
  /** Present where what it is sent is SRTP and SRTCP. */
  readonly srtp?: SrtpReader
}

/** A reader that is sent datagrams. */
export interface DatagramReader {
  readonly kind: 'datagram'
  readonly rtp: DatagramSender
  readonly rtcp: DatagramSender
  readonly address: string
  /** The client's port of RTP. */
  readonly port: number
  /** The client's port of RTCP. */
  readonly rtcpPort: number
  readonly counters: DeliveryCounters
  /** Notes the sender reports that it is sent, each with an instant of its own. */
  readonly sentReports?: SentReports
  /** Present where what it is sent is SRTP and SRTCP. */
  readonly srtp?: SrtpReader
}

export type Reader = InterleavedReader | DatagramReader

/** Sends RTCP to one reader, protected where the reader has it so. */
export function sendRtcpTo(reader: Reader, plain: Buffer): void {
  const compound = reader.srtp ? sealed(reader.srtp, plain) : plain
  if (!compound) return
  if (reader.kind === 'datagram') reader.rtcp.send(compound, reader.rtcpPort, reader.address)
  else reader.carrier.writeFrames(frameInterleaved(reader.channels[1], [compound]))
}

function sealed({ sender, isIndexed }: SrtpReader, plain: Buffer): Buffer | undefined {
  const packet = sender.protectRtcp(plain)
  return packet && isIndexed ? sender.withIndex(packet, 'rtcp') : packet
}
