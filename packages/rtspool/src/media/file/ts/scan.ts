import { createHash } from 'node:crypto'
import type { FileRepair, FileView } from '../file-view.js'
import { findAlignment, type PesTimes, packetBytes, readPesTimes, syncByte } from './packet.js'
import { type PacketRun, RepairedStream } from './repaired-stream.js'
import { TimelinePieces } from './timeline-pieces.js'

const chunkBytes = 2 ** 20
/** Number of bytes in which the first packets must be found for a file to count as a transport stream. */
const sniffedBytes = 2 ** 16
/**
 * Maximum number of bytes that are examined, because a viewer waits for the result. The part of the file after them
 * is played unchanged.
 */
const maxScannedBytes = 2 * 2 ** 30
/** Maximum number of runs (series of packets without interruption). A file with more is played up to that point. */
const maxRuns = 2 ** 12

/**
 * Maximum number of runs of packets and pieces of time that a {@link TransportStreamScan} keeps in
 * memory. A file with more is scanned again each time.
 */
const maxKeptEntries = 2 ** 16

/**
 * Examines an MPEG-TS file for faults that mediabunny 1.61 cannot handle: packets that begin late or restart, and
 * times that restart or jump.
 *
 * The first call reads the whole file, up to 2 GiB. If the file has grown, later calls continue where the previous
 * one stopped. Each viewer of a recording in progress thus waits for the new part only.
 */
export class TransportStreamScan {
  #kept: { readonly scan: Scan; readonly fingerprint: string } | undefined

  /**
   * Examines the file. Calls must not overlap.
   *
   * @returns `undefined` if mediabunny can read the file itself, and for other formats.
   */
  async repairOf(file: FileView): Promise<FileRepair | undefined> {
    const head = await file.read(0, Math.min(file.sizeBytes, sniffedBytes))
    if (!findAlignment(head, 0, false)) {
      this.#kept = undefined
      return undefined
    }
    const scan = (await this.#keptScanOf(file)) ?? new Scan()
    this.#kept = undefined
    await scan.readOn(file)
    if (scan.position > 0 && scan.entryCount <= maxKeptEntries) {
      this.#kept = { scan, fingerprint: await fingerprintOf(file, scan.position) }
    }
    return repairWith(await scan.finished(file))
  }

  /**
   * Returns the scan of the previous call of {@link repairOf}; `undefined` if the bytes that it has examined differ
   * now.
   */
  async #keptScanOf(file: FileView): Promise<Scan | undefined> {
    const kept = this.#kept
    if (!kept || kept.scan.position > file.sizeBytes) return undefined
    const isSame = kept.fingerprint === (await fingerprintOf(file, kept.scan.position))
    return isSame ? kept.scan : undefined
  }
}

/**
 * Returns a digest of the first bytes of the file and of those before `end`. It distinguishes a file that has grown
 * from another one in its place.
 */
async function fingerprintOf(file: FileView, end: number): Promise<string> {
  const head = await file.read(0, Math.min(end, sniffedBytes))
  const tail = await file.read(Math.max(0, end - sniffedBytes), end)
  return createHash('sha256').update(head).update(tail).digest('base64')
}

function repairWith({ runs, pieces, skippedBytes }: Scan): FileRepair | undefined {
  const times = pieces.finish()
  const [first] = runs
  const isPlain = runs.length === 1 && first?.fileStart === 0 && first.stride === packetBytes
  if (!first || (isPlain && times.length <= 1)) return undefined
  const leftOut: string[] = []
  // M2TS has a time code of less than a packet before the first packet.
  if (skippedBytes >= packetBytes) leftOut.push(`${skippedBytes} bytes that belong to no packet`)
  return { present: (open) => new RepairedStream(open, runs, times), leftOut }
}

/** Examination of one transport stream file, chunk by chunk, with the faults found so far. */
class Scan {
  readonly runs: PacketRun[] = []
  pieces = new TimelinePieces()
  skippedBytes = 0
  /** Position in the file after the bytes that have been examined. */
  position = 0
  readonly #times: PesTimes = { pid: 0, isVideo: false, ptsAt: -1, dtsAt: -1 }
  #stride = 0
  #packets = 0

  /** Number of entries that the scan keeps in memory: runs of packets, and elementary streams of each time piece. */
  get entryCount(): number {
    return this.runs.length + this.pieces.streamCount
  }

  /** Examines all whole chunks of the file except the last one, which a growing file may continue. */
  async readOn(file: FileView): Promise<void> {
    const limit = limitOf(file)
    while (this.position + chunkBytes < limit && this.runs.length < maxRuns) {
      if (!(await this.#readChunk(file, limit))) return
    }
  }

  /**
   * Returns a copy of the scan that has examined the file to its end. The scan itself stops before the last bytes,
   * because a growing file may continue them.
   */
  async finished(file: FileView): Promise<Scan> {
    const copy = this.#copy()
    const limit = limitOf(file)
    while (copy.position + packetBytes <= limit && copy.runs.length < maxRuns) {
      if (!(await copy.#readChunk(file, limit))) break
    }
    copy.#countRest(file, limit)
    return copy
  }

  #copy(): Scan {
    const copy = new Scan()
    copy.runs.push(...this.runs.map((run) => ({ ...run })))
    copy.pieces = this.pieces.copy()
    copy.skippedBytes = this.skippedBytes
    copy.position = this.position
    copy.#stride = this.#stride
    copy.#packets = this.#packets
    return copy
  }

  /**
   * Examines the next chunk of the file, which ends at the position `limit` at the latest.
   *
   * @returns False if no bytes could be examined.
   */
  async #readChunk(file: FileView, limit: number): Promise<boolean> {
    const end = Math.min(limit, this.position + chunkBytes)
    const bytes = await file.read(this.position, end)
    const used = this.#look(bytes, this.position, end === limit)
    this.position += used
    return used > 0
  }

  /**
   * Examines bytes of the file, of which the first is at `position`; `isEnd` = no bytes follow.
   *
   * @returns Number of examined bytes; the others belong to an incomplete packet.
   */
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

  /**
   * Returns whether another packet begins before the one at index `at` ends, as happens where two files were joined.
   */
  #isBrokenOff(bytes: Uint8Array, at: number, isEnd: boolean): boolean {
    const next = at + this.#stride
    if (next >= bytes.length || bytes[next] === syncByte) return false
    const found = findAlignment(bytes, at + 1, isEnd)
    return found !== undefined && found.offset < at + packetBytes
  }

  #skip(bytes: Uint8Array, at: number, isEnd: boolean): number {
    this.#stride = 0
    // A packet may begin at the end of the chunk.
    const end = isEnd ? bytes.length : Math.max(at + 1, bytes.length - 16 * packetBytes)
    this.skippedBytes += end - at
    return end
  }

  /** Extends the last run of packets to the end of a file that was examined only up to `limit`. */
  #countRest(file: FileView, limit: number): void {
    const run = this.runs.at(-1)
    if (!run || limit === file.sizeBytes) return
    const rest = file.sizeBytes - run.fileStart - packetBytes
    run.packets = Math.floor(rest / run.stride) + 1
  }
}

const limitOf = ({ sizeBytes }: FileView): number => Math.min(sizeBytes, maxScannedBytes)
