import { h264NalTypes } from './h264.js'
import { h265NalTypes, h265TypeOf } from './h265.js'
import { asBuffer } from './nal-units.js'
import { maxUnitBytes, type UnitSplitter } from './unit-splitter.js'

/**
 * Role of a NAL unit in the detection of access units: after a slice, `begins` (such as SPS or SEI) and `firstSlice`
 * begin the next unit; `picture` (a further slice) and `other` never do.
 */
type NalRole = 'begins' | 'picture' | 'firstSlice' | 'other'

interface NalRoles {
  /** Number of bytes at the beginning of a NAL unit that show its role. */
  readonly headBytes: number
  readonly roleAt: (stream: Buffer, offset: number) => NalRole
}

const firstSliceBit = 0x80

const rolesOf: Readonly<Record<'H264' | 'H265', NalRoles>> = {
  // H.264 section 7.4.1.2.3
  H264: {
    headBytes: 2,
    roleAt: (stream, offset) => {
      const type = (stream[offset] as number) & 0x1f
      if (type >= 1 && type <= h264NalTypes.idrSlice) {
        // first_mb_in_slice is 0 if its first bit is set.
        return (stream[offset + 1] as number) & firstSliceBit ? 'firstSlice' : 'picture'
      }
      return (type >= h264NalTypes.sei && type <= 9) || (type >= 14 && type <= 18)
        ? 'begins'
        : 'other'
    },
  },
  // H.265 section 7.4.2.4.4
  H265: {
    headBytes: 3,
    roleAt: (stream, offset) => {
      const type = h265TypeOf(stream.subarray(offset, offset + 1))
      if (type < h265NalTypes.vps) {
        return (stream[offset + 2] as number) & firstSliceBit ? 'firstSlice' : 'picture'
      }
      const isPrefix = type <= h265NalTypes.accessUnitDelimiter || type === h265NalTypes.prefixSei
      return isPrefix || (type >= 41 && type <= 44) || (type >= 48 && type <= 55)
        ? 'begins'
        : 'other'
    },
  },
}

const startCode = Buffer.from([0, 0, 1])

/**
 * Splits a byte stream with start codes (annex B of H.264 and H.265) into access units. A unit is complete when the
 * next one begins, so a stream is one picture late.
 *
 * ```text
 *  chunk      chunk        chunk
 *  ├──────────┼────────────┼──────────┤
 *  00 00 01 SPS … 00 00 01 slice … 00 00 01 slice …
 *  └─────────── access unit ──────┘└─ begins with a first slice, or with a unit that precedes pictures
 * ```
 */
export class AnnexBSplitter implements UnitSplitter {
  readonly #roles: NalRoles
  /** Received bytes that have not been returned yet, from the beginning of the present access unit on. */
  #pending: Buffer = Buffer.alloc(0)
  /** Offset in the pending bytes from which start codes have not been searched yet. */
  #searchFrom = 0
  #hasPicture = false

  constructor(encoding: 'H264' | 'H265') {
    this.#roles = rolesOf[encoding]
  }

  push(chunk: Uint8Array): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, asBuffer(chunk)])
    const units: Buffer[] = []
    let start = 0
    let code = this.#pending.indexOf(startCode, this.#searchFrom)
    for (; code >= 0; code = this.#pending.indexOf(startCode, code + startCode.length)) {
      const head = code + startCode.length
      if (head + this.#roles.headBytes > this.#pending.length) break
      const role = this.#roles.roleAt(this.#pending, head)
      if (this.#hasPicture && (role === 'begins' || role === 'firstSlice')) {
        // A fourth byte of the start code, and zeros before it, belong to the unit before.
        units.push(this.#pending.subarray(start, code))
        start = code
        this.#hasPicture = false
      }
      this.#hasPicture ||= role === 'picture' || role === 'firstSlice'
    }
    const searched = Math.max(start, this.#pending.length - (startCode.length - 1))
    this.#searchFrom = (code >= 0 ? code : searched) - start
    this.#pending = this.#pending.subarray(start)
    if (this.#pending.length > maxUnitBytes) this.#clear()
    return units
  }

  flush(): Buffer[] {
    const rest = this.#hasPicture ? [this.#pending] : []
    this.#clear()
    return rest
  }

  #clear(): void {
    this.#pending = Buffer.alloc(0)
    this.#searchFrom = 0
    this.#hasPicture = false
  }
}
