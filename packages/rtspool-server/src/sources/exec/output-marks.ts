/** Formats of a byte stream of one track. */
export type PlainFormat = 'h264' | 'h265' | 'aac'

/** Number of bytes without a start code or ADTS header, after which an output counts as another format. */
const maxForeignBytes = 64 * 1024

const startCode = Buffer.from([0, 0, 1])
/** Sync word and layer of an ADTS header (ISO/IEC 14496-3 section 1.A.2.2): its first 16 bits without version and CRC. */
const adtsSync = 0xfff0
const adtsMask = 0xfff6

/**
 * Looks for the marks of a format in the output of a program: start codes of H.264 and H.265, or headers of ADTS. An
 * output without them is something else, such as the text of an error or a file.
 */
export class OutputMarks {
  readonly #format: PlainFormat
  /** Last bytes of the output so far, in which a mark may begin that the next bytes complete. */
  #rest: Buffer = Buffer.alloc(0)
  #isFound = false
  #bytes = 0

  constructor(format: PlainFormat) {
    this.#format = format
  }

  /** Number of bytes of the output without any mark of the format; 0 once a mark has been found. */
  get foreignBytes(): number {
    return this.#isFound ? 0 : this.#bytes
  }

  /** True if the first 64 KiB of the output have no mark, so that the output is in another format. */
  get isForeign(): boolean {
    return this.foreignBytes >= maxForeignBytes
  }

  /** Examines the next bytes. Once a mark is found, further bytes are not read. */
  note(chunk: Uint8Array): void {
    if (this.#isFound) return
    this.#bytes += chunk.length
    const bytes = Buffer.concat([this.#rest, chunk])
    this.#isFound = this.#format === 'aac' ? hasAdts(bytes) : bytes.includes(startCode)
    this.#rest = Buffer.from(bytes.subarray(-(startCode.length - 1)))
  }
}

function hasAdts(bytes: Buffer): boolean {
  for (
    let at = bytes.indexOf(0xff);
    at >= 0 && at + 1 < bytes.length;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    if ((bytes.readUInt16BE(at) & adtsMask) === adtsSync) return true
  }
  return false
}
