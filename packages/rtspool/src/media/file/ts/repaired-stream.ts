import type { FileView } from '../file-view.js'
import {
  modulo,
  type PesTimes,
  packetBytes,
  readPesTimes,
  readTime,
  timeModulus,
  writeTime,
} from './packet.js'
import type { TimePiece } from './timeline-pieces.js'

/** A run: consecutive packets of the file at the same distance from each other. */
export interface PacketRun {
  /** Position in the file of the first packet of the run. */
  readonly fileStart: number
  readonly stride: number
  /** Index of the run's first packet among all packets of the file, from 0. */
  readonly firstPacket: number
  packets: number
}

/**
 * A transport stream, read from a faulty one: packets follow each other from the first byte on, and times are
 * continuous.
 */
export class RepairedStream implements FileView {
  readonly sizeBytes: number
  readonly #file: FileView
  readonly #runs: readonly PacketRun[]
  readonly #pieces: readonly TimePiece[]

  constructor(file: FileView, runs: readonly PacketRun[], pieces: readonly TimePiece[]) {
    this.#file = file
    this.#runs = runs
    this.#pieces = pieces
    const last = runs.at(-1)
    this.sizeBytes = last ? (last.firstPacket + last.packets) * packetBytes : 0
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const first = Math.floor(start / packetBytes)
    const behind = Math.ceil(end / packetBytes)
    const bytes = Buffer.allocUnsafe((behind - first) * packetBytes)
    for (let packet = first; packet < behind; ) {
      packet = await this.#readRun(packet, behind, bytes, first)
    }
    this.#shiftTimes(bytes, first)
    return bytes.subarray(start - first * packetBytes, end - first * packetBytes)
  }

  /**
   * Reads the packets from index `packet` up to, but not including, `behind`. Stops at the end of their run: a series
   * at the same distance.
   *
   * @param bytes - Receives the packets; begins with the packet of index `first`.
   * @returns Index of the first packet that was not read.
   */
  async #readRun(packet: number, behind: number, bytes: Buffer, first: number): Promise<number> {
    const run = this.#runs[lastAtOrBefore(this.#runs, packet)]
    if (!run) throw new RangeError(`expected a packet of the stream, got ${packet}`)
    const end = Math.min(behind, run.firstPacket + run.packets)
    if (end <= packet) throw new RangeError(`expected a packet of the stream, got ${packet}`)
    const fileStart = run.fileStart + (packet - run.firstPacket) * run.stride
    const fileEnd = fileStart + (end - packet - 1) * run.stride + packetBytes
    const read = await this.#file.read(fileStart, fileEnd)
    for (let index = 0; index < end - packet; index++) {
      const at = index * run.stride
      bytes.set(read.subarray(at, at + packetBytes), (packet - first + index) * packetBytes)
    }
    return end
  }

  #shiftTimes(bytes: Buffer, first: number): void {
    const times: PesTimes = { pid: 0, isVideo: false, ptsAt: -1, dtsAt: -1 }
    let piece = lastAtOrBefore(this.#pieces, first)
    for (let at = 0; at < bytes.length; at += packetBytes) {
      const packet = first + at / packetBytes
      while ((this.#pieces[piece + 1]?.firstPacket ?? Number.POSITIVE_INFINITY) <= packet) piece++
      const shift = this.#pieces[piece]?.shift ?? 0
      if (shift === 0 || !readPesTimes(bytes, at, times)) continue
      shiftTime(bytes, times.ptsAt, shift)
      if (times.dtsAt >= 0) shiftTime(bytes, times.dtsAt, shift)
    }
  }
}

function shiftTime(bytes: Uint8Array, at: number, shift: number): void {
  writeTime(bytes, at, modulo(readTime(bytes, at) + shift, timeModulus))
}

/**
 * Returns the index in `entries` of the last entry that begins at or before the packet with a given index; -1 if there
 * is none.
 */
function lastAtOrBefore(
  entries: readonly { readonly firstPacket: number }[],
  packet: number,
): number {
  let low = -1
  let high = entries.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.firstPacket ?? 0) <= packet) low = middle
    else high = middle
  }
  return low
}
