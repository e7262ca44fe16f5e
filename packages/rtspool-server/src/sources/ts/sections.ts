/** Maximum bytes of a section of PAT or PMT with its header (ISO/IEC 13818-1 section 2.4.4). */
const maxSectionBytes = 1024
const headBytes = 3
const stuffing = 0xff

/** Joins payloads of a transport stream to the sections of one table: PAT or PMT. */
export class SectionReader {
  readonly #onSection: (section: Buffer) => void
  #pending: Buffer | undefined

  /** @param onSection - Called with each whole section whose checksum is right. */
  constructor(onSection: (section: Buffer) => void) {
    this.#onSection = onSection
  }

  /**
   * Reads the payload of one packet.
   *
   * @param startsUnit - True if a section begins in the payload, after as many bytes as its first byte states.
   */
  push(payload: Buffer, startsUnit: boolean): void {
    if (!startsUnit) {
      this.#add(payload)
      return
    }
    const begin = 1 + (payload[0] ?? 0)
    this.#add(payload.subarray(1, begin))
    this.#pending = Buffer.alloc(0)
    this.#add(payload.subarray(begin))
  }

  #add(bytes: Buffer): void {
    if (!this.#pending) return
    let rest: Buffer = Buffer.concat([this.#pending, bytes])
    while (rest.length >= headBytes && rest[0] !== stuffing) {
      const sizeBytes = headBytes + (rest.readUInt16BE(1) & 0x0fff)
      if (sizeBytes > maxSectionBytes) {
        this.#pending = undefined
        return
      }
      if (rest.length < sizeBytes) {
        this.#pending = rest
        return
      }
      const section = rest.subarray(0, sizeBytes)
      if (crc32(section) === 0) this.#onSection(section)
      rest = rest.subarray(sizeBytes)
    }
    this.#pending = rest.length < headBytes && rest[0] !== stuffing ? rest : undefined
  }
}

/** Computes the checksum of ISO/IEC 13818-1 annex A; 0 for a section that ends with its own. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte << 24
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  }
  return crc >>> 0
}
