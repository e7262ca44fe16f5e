import type * as Mediabunny from 'mediabunny'
import { FileCutOffError } from '../file-failure.js'

/** Sink of mediabunny with which one reader reads a track, and which the reader closes. */
export interface OpenedSink {
  readonly sink: Mediabunny.EncodedPacketSink
  /** Closes the sink with its input, and releases their memory. Idempotent. */
  close(): void
}

/** Way to read a track by a series of sinks, because each one keeps more and more of the file in memory. */
export interface SinkRenewal {
  /** Bytes of packets that are read with one sink. */
  readonly afterBytes: number
  /** Opens another sink of the track with an id. @throws The error of the file. */
  open(trackId: number): Promise<OpenedSink>
}

/**
 * Yields the packets of a track in decoding order. Begins with the last packet at or before `seconds` with which a
 * decoder can begin, or else with the very first.
 *
 * @param open - Opens a sink for the reader: once, and after each `afterBytes` bytes again.
 * @throws {FileCutOffError} The file does not contain the first packet, or the next one.
 */
export async function* readPackets(
  { afterBytes, open }: { readonly afterBytes: number; readonly open: () => Promise<OpenedSink> },
  seconds: number,
): AsyncGenerator<Mediabunny.EncodedPacket> {
  let opened = await open()
  try {
    let packet = await firstPacket(opened.sink, seconds)
    let bytes = 0
    while (packet) {
      yield packet
      bytes += packet.byteLength
      if (bytes >= afterBytes) {
        bytes = 0
        const renewed = await renewedAt(packet, open)
        if (renewed) {
          opened.close()
          opened = renewed
          packet = renewed.packet
        }
      }
      packet = await nextPacket(opened.sink, packet)
    }
  } finally {
    opened.close()
  }
}

/** Opens a sink, and finds a packet by it. @returns `undefined` if it finds another one, because of odd times */
async function renewedAt(
  { timestamp, sequenceNumber }: Mediabunny.EncodedPacket,
  open: () => Promise<OpenedSink>,
): Promise<(OpenedSink & { readonly packet: Mediabunny.EncodedPacket }) | undefined> {
  const { sink, close } = await open()
  try {
    const packet = await sink.getPacket(timestamp)
    if (packet?.sequenceNumber === sequenceNumber) return { sink, close, packet }
  } catch (error) {
    close()
    throw error
  }
  close()
  return undefined
}

/**
 * Returns the last packet at or before a time with which a decoder can begin, or else the very first packet.
 *
 * @throws {FileCutOffError} The file does not contain that packet.
 */
async function firstPacket(
  sink: Mediabunny.EncodedPacketSink,
  seconds: number,
): Promise<Mediabunny.EncodedPacket | null> {
  if (seconds > Number.NEGATIVE_INFINITY) {
    const found = await sink.getKeyPacket(seconds)
    if (found) return found
    // mediabunny returns null both for a missing packet and for a time before the first one.
    if (await sink.getKeyPacket(seconds, { metadataOnly: true })) throw new FileCutOffError()
  }
  const first = await sink.getFirstPacket()
  if (!first && (await sink.getFirstPacket({ metadataOnly: true }))) throw new FileCutOffError()
  return first
}

async function nextPacket(
  sink: Mediabunny.EncodedPacketSink,
  packet: Mediabunny.EncodedPacket,
): Promise<Mediabunny.EncodedPacket | null> {
  const next = await sink.getNextPacket(packet)
  if (!next && (await sink.getNextPacket(packet, { metadataOnly: true })))
    throw new FileCutOffError()
  return next
}
