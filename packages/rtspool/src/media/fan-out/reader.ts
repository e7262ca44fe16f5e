import { frameInterleaved } from '../../rtsp/index.js'
import type { SrtpPosition, SrtpSender } from '../../srtp/index.js'
import type { InterleavedCarrier } from '../../transport/tcp/channel-table.js'
import type { DatagramSender } from '../../transport/udp/udp-endpoint.js'
import type { PacketBatch } from './packet-batch.js'
import type { SentReports } from './sent-reports.js'

/**
 * Counts the packets delivered to one reader. A session passes its own object, which the fan-out changes. The
 * counters are exact after the reader has been removed, and after `Track.settleCounters`.
 */
export interface DeliveryCounters {
  packetsOut: number
  bytesOut: number
  /**
   * Packets that were not sent because the reader was too slow, the packets were too large for a datagram, or the
   * system refused them.
   */
  packetsDropped: number
}

/**
 * SRTP of one reader: the sender that encrypts the packets, shared by all readers of the track, and the progress of
 * this reader.
 */
export interface SrtpReader {
  readonly sender: SrtpSender
  /**
   * SSRC and packet index from which the reader can determine the indexes of later packets. Updated when the reader
   * is removed.
   */
  position: SrtpPosition
  /** True if each packet must contain the index of the key (MKI, RFC 3711 section 3.1). */
  readonly isIndexed?: boolean
}

/**
 * Receives a notice when packets are left out for a slow reader, and when packets are sent again.
 * Called in the middle of a batch: the methods must not throw, and must not add or remove readers.
 */
export interface ReaderLag {
  fellBehind(): void
  /**
   * Called when the reader is sent packets again, and also when it is removed while packets are
   * left out.
   */
  caughtUp(): void
}

/** One viewer of a track, to whom packets are sent inside the RTSP connection. */
export interface InterleavedReader {
  readonly kind: 'interleaved'
  readonly carrier: InterleavedCarrier
  /** Numbers of the interleaved channels for RTP and for RTCP inside the RTSP connection. */
  readonly channels: readonly [number, number]
  readonly lag?: ReaderLag
  readonly counters: DeliveryCounters
  /** Record of the sender reports sent to the reader, from which the round-trip time is computed. */
  readonly sentReports?: SentReports
  /** SRTP sender and progress of the reader; absent if it is sent plain RTP. */
  readonly srtp?: SrtpReader
}

/** One viewer of a track, to whom packets are sent in UDP datagrams. */
export interface DatagramReader {
  readonly kind: 'datagram'
  readonly rtp: DatagramSender
  readonly rtcp: DatagramSender
  readonly address: string
  /** UDP port of the client to which RTP is sent. */
  readonly port: number
  /** UDP port of the client to which RTCP is sent. */
  readonly rtcpPort: number
  readonly counters: DeliveryCounters
  /**
   * Record of the sender reports sent to the reader. Each states a slightly shifted instant that only this reader
   * knows, and repeats as `lsr`.
   */
  readonly sentReports?: SentReports
  /** SRTP sender and progress of the reader; absent if it is sent plain RTP. */
  readonly srtp?: SrtpReader
}

/**
 * Receives the packets of a track inside the process. Both methods are called on the media path: they must not throw
 * or wait.
 */
export interface BatchSink {
  /**
   * Receives the cached packets from the last key frame on. Called before the first batch, if there
   * are any.
   */
  begin(first: readonly Buffer[]): void
  /**
   * Receives the next packets of the track. They are valid during the call; a sink that keeps them must call
   * {@link PacketBatch.own} before.
   */
  take(batch: PacketBatch): void
}

/** A reader of a track inside the process: a function of the application, without a transport. */
export interface SinkReader {
  readonly kind: 'sink'
  readonly sink: BatchSink
  /** True if the packets may arrive late, because the reader shows them to nobody. @default false */
  readonly allowsDelay?: boolean | undefined
  readonly counters: DeliveryCounters
  readonly sentReports?: undefined
  readonly srtp?: undefined
}

export type Reader = InterleavedReader | DatagramReader | SinkReader

/** Destination of a reader's packets: interleaved channels of an RTSP connection, or an address with UDP ports. */
export type ReaderPlace =
  | Pick<InterleavedReader, 'kind' | 'carrier' | 'channels'>
  | Pick<DatagramReader, 'kind' | 'rtp' | 'rtcp' | 'address' | 'port' | 'rtcpPort'>

/** Properties of a reader that do not depend on its transport (TCP or UDP), for {@link readerAt}. */
export interface ReaderShare {
  readonly counters: DeliveryCounters
  readonly sentReports: SentReports
  /** SRTP state of the stream, with which the reader's packets are encrypted; `undefined` for plain RTP. */
  readonly srtp: SrtpReader | undefined
  /** Receives a notice when packets are left out for an interleaved reader that is too slow. */
  readonly lag?: ReaderLag | undefined
}

const noLag: ReaderLag = Object.freeze({ fellBehind: () => {}, caughtUp: () => {} })

/** Creates the reader of one viewer. Each literal is written out, so that V8 sees few object shapes. */
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

/**
 * Sends a compound RTCP packet to one reader, encrypted if the reader uses SRTCP. Does nothing for a reader inside
 * the process.
 */
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
