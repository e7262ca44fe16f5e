/** PES packet: a piece of one elementary stream, often one picture (ISO/IEC 13818-1 section 2.4.3.6). */
export interface PesPacket {
  readonly bytes: Buffer
  /** Presentation time in ticks of 90 kHz, with 33 bits; `undefined` if the packet has none. */
  readonly pts: number | undefined
  /** True if the stream states that a decoder can begin with the packet. */
  readonly isRandomAccess: boolean
}

const headBytes = 6
const maxPesBytes = 16 * 1024 * 1024

/**
 * Joins payloads of a transport stream to the PES packets of one elementary stream. A PES packet without a length, as
 * is usual for video, is complete when the next one begins.
 */
export class PesReader {
  readonly #onPacket: (packet: PesPacket) => void
  #parts: Buffer[] | undefined
  #sizeBytes = 0
  /**
   * Bytes of the PES packet in progress with its header; `undefined` while they are unknown, or if the packet does not
   * state them.
   */
  #wantedBytes: number | undefined
  #isRandomAccess = false
  #nextCounter: number | undefined

  constructor(onPacket: (packet: PesPacket) => void) {
    this.#onPacket = onPacket
  }

  /**
   * Reads the payload of one packet of the transport stream. A PES packet in progress is dropped after a gap.
   *
   * @param counter - Continuity counter of the packet, from 0 to 15, which shows gaps and repetitions.
   * @param startsUnit - True if a PES packet begins with the payload.
   */
  push(
    payload: Buffer,
    counter: number,
    { startsUnit, isRandomAccess }: { startsUnit: boolean; isRandomAccess: boolean },
  ): void {
    const expected = this.#nextCounter
    if (expected !== undefined && counter === ((expected + 15) & 15)) return // A repeated packet.
    this.#nextCounter = (counter + 1) & 15
    if (expected !== undefined && counter !== expected) this.#drop()
    if (startsUnit) {
      this.flush()
      this.#parts = []
      this.#isRandomAccess = isRandomAccess
    }
    if (!this.#parts) return
    this.#parts.push(Buffer.from(payload))
    this.#sizeBytes += payload.length
    if (startsUnit) this.#wantedBytes = lengthOf(payload)
    if (this.#sizeBytes > maxPesBytes) this.#drop()
    else if (this.#wantedBytes !== undefined && this.#sizeBytes >= this.#wantedBytes) this.flush()
  }

  /** Emits the PES packet in progress if it is whole. Called when another packet begins, or the stream ends. */
  flush(): void {
    const parts = this.#parts
    const wanted = this.#wantedBytes
    const isWhole = wanted === undefined || this.#sizeBytes >= wanted
    this.#drop()
    if (!parts || !isWhole) return
    const packet = parsePes(Buffer.concat(parts).subarray(0, wanted))
    if (packet) this.#onPacket({ ...packet, isRandomAccess: this.#isRandomAccess })
  }

  #drop(): void {
    this.#parts = undefined
    this.#sizeBytes = 0
    this.#wantedBytes = undefined
  }
}

function lengthOf(start: Buffer): number | undefined {
  const length = start.length >= headBytes ? start.readUInt16BE(4) : 0
  return length === 0 ? undefined : headBytes + length
}

function parsePes(bytes: Buffer): Pick<PesPacket, 'bytes' | 'pts'> | undefined {
  if (bytes.length < 9 || bytes.readUIntBE(0, 3) !== 1) return undefined
  const begin = 9 + (bytes[8] as number)
  const hasPts = ((bytes[7] as number) & 0x80) !== 0 && bytes.length >= 14 && begin >= 14
  if (begin > bytes.length) return undefined
  return { bytes: bytes.subarray(begin), pts: hasPts ? timeAt(bytes, 9) : undefined }
}

/** Reads a time of 33 bits in ticks of 90 kHz from five bytes: `0010 ttt1 tttttttt ttttttt1 tttttttt ttttttt1`. */
function timeAt(bytes: Buffer, at: number): number {
  const high = ((bytes[at] as number) >> 1) & 0x07
  return (
    high * 2 ** 30 + (bytes.readUInt16BE(at + 1) >> 1) * 2 ** 15 + (bytes.readUInt16BE(at + 3) >> 1)
  )
}
