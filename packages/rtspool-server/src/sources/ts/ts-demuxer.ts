import { PacketStream } from './packet-stream.js'
import { PesReader } from './pes-reader.js'
import { SectionReader } from './sections.js'
import { programMapPidOf, streamsOf, type TsStream } from './tables.js'
import { unitReader } from './units.js'

/** Receiver of the streams and access units that a {@link TsDemuxer} reads. */
export interface TsListener {
  /** Called when the streams of the program become known, or change. */
  streams(streams: readonly TsStream[]): void
  /**
   * Called with each access unit.
   *
   * @param bytes - Memory that belongs to the receiver.
   * @param seconds - Presentation time, which never wraps; `undefined` if the stream states none: the unit follows the
   * one before.
   * @param keyFrame - True if the stream states that a decoder can begin with the unit; otherwise the bytes tell.
   */
  unit(
    stream: TsStream,
    bytes: Buffer,
    time: { readonly seconds: number | undefined; readonly keyFrame: true | undefined },
  ): void
}

const ticksPerSecond = 90_000
const timeModulus = 2 ** 33

/**
 * Reads a live MPEG transport stream (ISO/IEC 13818-1) of one program: H.264, H.265, AAC with ADTS headers, Opus. Keeps
 * no more than the packets in progress. Damaged packets are left out.
 */
export class TsDemuxer {
  readonly #listener: TsListener
  readonly #packets = new PacketStream((packet) => this.#packet(packet))
  readonly #association = new SectionReader((section) => {
    const pid = programMapPidOf(section)
    if (pid !== undefined) this.#mapPid = pid
  })
  readonly #map = new SectionReader((section) => this.#mapped(section))
  readonly #readers = new Map<number, PesReader>()
  #mapPid: number | undefined
  #mapSection: Buffer | undefined
  /** Last time in ticks of 90 kHz, counted on across wraps; `undefined` before the first time. */
  #lastTicks: number | undefined

  constructor(listener: TsListener) {
    this.#listener = listener
  }

  /** True if the first 64 KiB of the input contained no transport stream. */
  get isForeign(): boolean {
    return this.#packets.isForeign
  }

  /** True if the bytes so far contain a packet of a transport stream, or may be the beginning of one. */
  get mayBeStream(): boolean {
    return this.#packets.mayBeStream
  }

  /**
   * Reads the next bytes of the transport stream, in chunks of any size, and calls the listener with complete units.
   */
  push(chunk: Uint8Array): void {
    this.#packets.push(chunk)
  }

  /** Emits the access units in progress. Call this function at the end of the stream. */
  flush(): void {
    for (const reader of this.#readers.values()) reader.flush()
  }

  #packet(packet: Buffer): void {
    const flags = packet[1] as number
    const control = packet[3] as number
    const hasPayload = (control & 0x10) !== 0
    // Damaged, or scrambled.
    if ((flags & 0x80) !== 0 || (control & 0xc0) !== 0 || !hasPayload) return
    const adaptationBytes = (control & 0x20) === 0 ? 0 : 1 + (packet[4] as number)
    const payload = packet.subarray(4 + adaptationBytes)
    const pid = packet.readUInt16BE(1) & 0x1fff
    const startsUnit = (flags & 0x40) !== 0
    if (pid === 0) this.#association.push(payload, startsUnit)
    else if (pid === this.#mapPid) this.#map.push(payload, startsUnit)
    else {
      const isRandomAccess = adaptationBytes > 1 && ((packet[5] as number) & 0x40) !== 0
      this.#readers.get(pid)?.push(payload, control & 0x0f, { startsUnit, isRandomAccess })
    }
  }

  #mapped(section: Buffer): void {
    if (this.#mapSection?.equals(section)) return
    const streams = streamsOf(section)
    if (!streams) return
    this.#mapSection = Buffer.from(section)
    this.flush()
    this.#readers.clear()
    for (const stream of streams) {
      if (stream.codec === undefined) continue
      const unitsOf = unitReader(stream.codec)
      const reader = new PesReader((packet) => {
        for (const { bytes, pts, keyFrame } of unitsOf(packet)) {
          const seconds = pts === undefined ? undefined : this.#ticksOf(pts) / ticksPerSecond
          this.#listener.unit(stream, bytes, { seconds, keyFrame })
        }
      })
      this.#readers.set(stream.pid, reader)
    }
    this.#listener.streams(streams)
  }

  /** Converts a time of 33 bits to ticks of 90 kHz that do not wrap after 26 hours: those nearest to the last time. */
  #ticksOf(pts: number): number {
    const last = this.#lastTicks
    if (last === undefined) this.#lastTicks = pts
    else {
      const distance = (((pts - last) % timeModulus) + timeModulus) % timeModulus
      this.#lastTicks = last + (distance >= timeModulus / 2 ? distance - timeModulus : distance)
    }
    return this.#lastTicks as number
  }
}
