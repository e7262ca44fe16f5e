import type { FileRepair, FileView } from '../file-view.js'
import { findAlignment, type PesTimes, packetBytes, readPesTimes, syncByte } from './packet.js'
import { type PacketRun, RepairedStream } from './repaired-stream.js'
import { TimelinePieces } from './timeline-pieces.js'

const chunkBytes = 2 ** 20
/** In which the first packet has to be for a file to be taken for a transport stream. */
const sniffedBytes = 2 ** 16
/** Behind this the file is read as it is: looking through more takes too long for a viewer who waits. */
const maxScannedBytes = 2 * 2 ** 30
/** A file that loses its packets more often is played up to there. */
const maxRuns = 2 ** 12

/**
 * Looks through an MPEG-TS file for what mediabunny 1.61 cannot cope with: packets that do not begin at the
 * beginning, or begin anew in the middle; times that begin again or jump.
 *
 * Reads the whole file once, up to 2 GiB.
 *
 * @returns `undefined` where mediabunny needs no help, and for other formats.
 */
export async function repairTransportStream(file: FileView): Promise<FileRepair | undefined> {
  const head = await file.read(0, Math.min(file.sizeBytes, sniffedBytes))
  if (!findAlignment(head, 0, false)) return undefined
  const scan = new Scan(file)
  await scan.run()
  const { runs, pieces, skippedBytes } = scan
  const times = pieces.finish()
  const [first] = runs
  const isPlain = runs.length === 1 && first?.fileStart === 0 && first.stride === packetBytes
  if (!first || (isPlain && times.length <= 1)) return undefined
  const leftOut: string[] = []
  // Less than a packet is what M2TS has in front of the first one.
  if (skippedBytes >= packetBytes) leftOut.push(`${skippedBytes} bytes that belong to no packet`)
  return { present: (open) => new RepairedStream(open, runs, times), leftOut }
}

class Scan {
  readonly runs: PacketRun[] = []
  readonly pieces = new TimelinePieces()
  skippedBytes = 0
  readonly #file: FileView
  readonly #times: PesTimes = { pid: 0, isVideo: false, ptsAt: -1, dtsAt: -1 }
  #stride = 0
  #packets = 0

  constructor(file: FileView) {
    this.#file = file
  }

  async run(): Promise<void> {
    const limit = Math.min(this.#file.sizeBytes, maxScannedBytes)
    for (let position = 0; position + packetBytes <= limit && this.runs.length < maxRuns; ) {
      const end = Math.min(limit, position + chunkBytes)
      const bytes = await this.#file.read(position, end)
      const used = this.#look(bytes, position, end === limit)
      if (used === 0) break
      position += used
    }
    this.#countRest(limit)
  }

  /** @returns How many bytes have been dealt with; the others belong to a packet that goes on. */
  #look(bytes: Uint8Array, position: number, isEnd: boolean): number {
    let at = 0
    while (at < bytes.length) {
      if (this.#stride === 0 || bytes[at] !== syncByte || this.#isBrokenOff(bytes, at, isEnd)) {
        const from = this.#stride === 0 || bytes[at] !== syncByte ? at : at + 1
        const found = findAlignment(bytes, from, isEnd)
        if (!found) return this.#skip(bytes, at, isEnd)
        this.skippedBytes += found.offset - at
        at = found.offset
        this.#stride = found.stride
        const { stride } = found
        this.runs.push({ fileStart: position + at, stride, firstPacket: this.#packets, packets: 0 })
        if (this.runs.length >= maxRuns) return at
      }
      if (at + packetBytes > bytes.length) return isEnd ? bytes.length : at
      if (readPesTimes(bytes, at, this.#times)) this.pieces.add(this.#packets, bytes, this.#times)
      this.#packets++
      const run = this.runs.at(-1)
      if (run) run.packets++
      at += this.#stride
    }
    return at
  }

  /** Whether another packet begins before this one ends: so it is where two files were joined. */
  #isBrokenOff(bytes: Uint8Array, at: number, isEnd: boolean): boolean {
    const next = at + this.#stride
    if (next >= bytes.length || bytes[next] === syncByte) return false
    const found = findAlignment(bytes, at + 1, isEnd)
    return found !== undefined && found.offset < at + packetBytes
  }

  #skip(bytes: Uint8Array, at: number, isEnd: boolean): number {
    this.#stride = 0
    // The beginning of packets may be at the end of what was read.
    const end = isEnd ? bytes.length : Math.max(at + 1, bytes.length - 16 * packetBytes)
    this.skippedBytes += end - at
    return end
  }

  /** What is behind the limit is taken to go on as before. */
  #countRest(limit: number): void {
    const run = this.runs.at(-1)
    if (!run || limit === this.#file.sizeBytes) return
    const rest = this.#file.sizeBytes - run.fileStart - packetBytes
    run.packets = Math.floor(rest / run.stride) + 1
  }
}
