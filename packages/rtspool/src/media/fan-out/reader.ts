import { frameInterleaved } from '../../rtsp/index.js'
import type { SrtpPosition, SrtpSender } from '../../srtp/index.js'
import type { InterleavedCarrier } from '../../transport/tcp/channel-table.js'
import type { DatagramSender } from '../../transport/udp/udp-port-pair.js'
import type { PacketBatch } from './packet-batch.js'
import type { SentReports } from './sent-reports.js'

/**
 * Packets delivered to one reader. Sessions pass their own counters. The counters are exact once
 * the reader has been removed, and after `Track.settleCounters`.
 */
export interface DeliveryCounters {
  packetsOut: number
  bytesOut: number
  /**
   * Packets left out because the reader was too slow, the packets were too large for a datagram, or
   * the system did not accept them.
   */
  packetsDropped: number
}

/** SRTP key that a reader shares with others, and its rollover counters. */
export interface SrtpReader {
  readonly sender: SrtpSender
  /** Last position sent to the reader, or the position at which it was removed. */
  position: SrtpPosition
  /** True if each packet contains the index of the key (MKI). */
  readonly isIndexed?: boolean
}

/**
 * Learns that a reader is behind, so that packets are left out for it, and that it goes on. Called in the middle of a batch:
 * neither throws nor changes any reader.
 */
export interface ReaderLag {
  fellBehind(): void
  /** Called too when a reader that is behind is removed. */
  caughtUp(): void
}

/** A reader inside an RTSP connection. */
export interface InterleavedReader {
  readonly kind: 'interleaved'
  readonly carrier: InterleavedCarrier
  /** Channels of RTP and RTCP. */
  readonly channels: readonly [number, number]
  readonly lag?: ReaderLag
  readonly counters: DeliveryCounters
  /** Remembers the sender reports sent to the reader. */
  readonly sentReports?: SentReports
  /** Present if the reader is sent SRTP and SRTCP. */
  readonly srtp?: SrtpReader
}

/** A reader that receives datagrams. */
export interface DatagramReader {
  readonly kind: 'datagram'
  readonly rtp: DatagramSender
  readonly rtcp: DatagramSender
  readonly address: string
  /** Port of the client for RTP. */
  readonly port: number
  /** Port of the client for RTCP. */
  readonly rtcpPort: number
  readonly counters: DeliveryCounters
  /** Remembers the sender reports sent to the reader, each with an instant of its own. */
  readonly sentReports?: SentReports
  /** Present if the reader is sent SRTP and SRTCP. */
  readonly srtp?: SrtpReader
}

/** Takes the packets of a track inside the process. Its methods are called on the media path: none throws or waits. */
export interface BatchSink {
  /** Takes the packets that the reader begins with. */
  begin(first: readonly Buffer[]): void
  take(batch: PacketBatch): void
}

/** A reader inside the process. */
export interface SinkReader {
  readonly kind: 'sink'
  readonly sink: BatchSink
  readonly counters: DeliveryCounters
  readonly sentReports?: undefined
  readonly srtp?: undefined
}

export type Reader = InterleavedReader | DatagramReader | SinkReader

/** The place that a reader is sent packets to. */
export type ReaderPlace =
  | Pick<InterleavedReader, 'kind' | 'carrier' | 'channels'>
  | Pick<DatagramReader, 'kind' | 'rtp' | 'rtcp' | 'address' | 'port' | 'rtcpPort'>

/** The members of a reader that do not depend on its transport. */
export interface ReaderShare {
  readonly counters: DeliveryCounters
  readonly sentReports: SentReports
  /** Present where the stream is SRTP. */
  readonly srtp: SrtpReader | undefined
  /** Learns that an interleaved reader is behind. */
  readonly lag?: ReaderLag | undefined
}

const noLag: ReaderLag = Object.freeze({ fellBehind: () => {}, caughtUp: () => {} })

/** Makes the reader of one viewer. Each literal is written out: readers have few shapes for V8. */
export function readerAt(place: ReaderPlace, share: ReaderShare): Reader {
  const { counters, sentReports, srtp, lag = noLag } = share
  if (place.kind === 'interleaved') {
    const { kind, carrier, channels } = place
    return srtp
      ? { kind, carrier, channels, lag, counters, sentReports, srtp }
      : { kind, carrier, channels, lag, counters, sentReports }
  }
  const { kind, rtp, rtcp, address, port, rtcpPort } = place
  return srtp
    ? { kind, rtp, rtcp, address, port, rtcpPort, counters, sentReports, srtp }
    : { kind, rtp, rtcp, address, port, rtcpPort, counters, sentReports }
}

/** Sends RTCP to one reader, encrypted if the reader uses SRTCP. */
export function sendRtcpTo(reader: Reader, plain: Buffer): void {
  // A reader inside the process asks the track for its time.
  if (reader.kind === 'sink') return
  const compound = reader.srtp ? sealed(reader.srtp, plain) : plain
  if (!compound) return
  if (reader.kind === 'datagram') reader.rtcp.send(compound, reader.rtcpPort, reader.address)
  else reader.carrier.writeFrames(frameInterleaved(reader.channels[1], [compound]))
}

function sealed({ sender, isIndexed }: SrtpReader, plain: Buffer): Buffer | undefined {
  const packet = sender.protectRtcp(plain)
  return packet && isIndexed ? sender.withIndex(packet, 'rtcp') : packet
}
