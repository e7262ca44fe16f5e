import type { FileReader } from './file-reader.js'

/** Times of one track in one fragment of a recorded file. */
export interface StoredRun {
  readonly trackId: number
  /** Offset in bytes of the field with {@link decodeTime}, from the beginning of the box `moof`. */
  readonly timeOffset: number
  readonly decodeTime: number
  /** Duration of all samples of the track in the fragment together, in ticks of the track. */
  readonly duration: number
  readonly isSync: boolean
}

/** A fragment of a stored file: a `prft` if the time of the source is known, then `moof` and `mdat`. */
export interface StoredFragment {
  /** Offset in bytes of the first box of the fragment, from the beginning of the file. */
  readonly offset: number
  readonly sizeBytes: number
  readonly runs: readonly StoredRun[]
}

/** Index of a recorded MP4 file: the description of its tracks, and the positions and times of its fragments. */
export interface StoredFile {
  /** Box `ftyp` followed by box `moov`, which describes the tracks of the file. */
  readonly init: Buffer
  /** Ticks per second of the times of each track, by track id. */
  readonly timescales: ReadonlyMap<number, number>
  readonly fragments: readonly StoredFragment[]
  /** Number of bytes of the file that the index covers: up to the end of the last whole fragment. */
  readonly readBytes: number
}

/** Type (four characters) of an MP4 box, and its size in bytes with the header of 8 bytes. */
export interface BoxHeader {
  readonly type: string
  readonly sizeBytes: number
}

export const headerBytes = 8
/** Maximum bytes of a `ftyp`, `moov` or `moof`, which are read whole. A larger one is a `RangeError`. */
const maxBoxBytes = 1024 * 1024
/** Flags of a sample in the box `trun` that state that a decoder can begin with the sample. */
export const syncSample = 0x0200_0000
/** Offset in bytes of the media time in a box `prft` of version 1, from the beginning of the box. */
export const mediaTimeOffset = 8 + 4 + 4 + 8

/**
 * Reads the positions and times of the whole fragments of a file. A fragment that was cut off is left out.
 *
 * @param before - Result for the same file when the file was shorter; only the bytes added since then are read.
 */
export async function indexFile(reader: FileReader, before?: StoredFile): Promise<StoredFile> {
  const size = await reader.sizeBytes()
  // A file that is shorter than before is another one.
  const known = before && before.readBytes <= size ? before : undefined
  const init: Buffer[] = known ? [known.init] : []
  const fragments: StoredFragment[] = known ? [...known.fragments] : []
  let readBytes = known?.readBytes ?? 0
  let referenceAt: number | undefined
  let moof: { readonly at: number; readonly runs: readonly StoredRun[] } | undefined
  for (let at = readBytes; at + headerBytes <= size; ) {
    const { type, sizeBytes } = await boxHeaderAt(reader, at)
    if (sizeBytes < headerBytes || at + sizeBytes > size) break
    if (type === 'ftyp' || type === 'moov') init.push(await readBox(reader, at, sizeBytes))
    else if (type === 'prft') referenceAt = at
    else if (type === 'moof') moof = { at, runs: runsOf(await readBox(reader, at, sizeBytes)) }
    else if (type === 'mdat' && moof) {
      const offset = referenceAt ?? moof.at
      fragments.push({ offset, sizeBytes: at + sizeBytes - offset, runs: moof.runs })
      moof = referenceAt = undefined
    }
    at += sizeBytes
    if (!moof && referenceAt === undefined) readBytes = at
  }
  const bytes = Buffer.concat(init)
  return { init: bytes, timescales: timescalesOf(bytes), fragments, readBytes }
}

/** Reads the header of the MP4 box at the offset `at` in bytes. @throws {RangeError} The file ends before. */
export async function boxHeaderAt(reader: FileReader, at: number): Promise<BoxHeader> {
  const bytes = await reader.read(at, headerBytes)
  return { type: bytes.toString('latin1', 4, 8), sizeBytes: bytes.readUInt32BE(0) }
}

/** Reads a whole box with its header. @throws {RangeError} The box has more than 1 MiB, as only media data may. */
export async function readBox(reader: FileReader, at: number, sizeBytes: number): Promise<Buffer> {
  if (sizeBytes > maxBoxBytes) throw new RangeError(`a box of ${sizeBytes} bytes is too large`)
  return await reader.read(at, sizeBytes)
}

/**
 * Calls `found` for each MP4 box at a path of types, such as `moov`, `trak`, with the offsets of its contents in bytes.
 */
export function eachBox(
  bytes: Buffer,
  [type, ...inner]: readonly string[],
  found: (from: number, to: number) => void,
  from = 0,
  to = bytes.length,
): void {
  for (let at = from; at + headerBytes <= to; ) {
    const sizeBytes = bytes.readUInt32BE(at)
    if (sizeBytes < headerBytes || at + sizeBytes > to) return
    if (bytes.toString('latin1', at + 4, at + 8) === type) {
      if (inner.length === 0) found(at + headerBytes, at + sizeBytes)
      else eachBox(bytes, inner, found, at + headerBytes, at + sizeBytes)
    }
    at += sizeBytes
  }
}

function timescalesOf(init: Buffer): Map<number, number> {
  const timescales = new Map<number, number>()
  eachBox(init, ['moov', 'trak'], (from, to) => {
    let trackId = 0
    eachBox(
      init,
      ['tkhd'],
      (at) => {
        trackId = init.readUInt32BE(at + 12)
      },
      from,
      to,
    )
    eachBox(
      init,
      ['mdia', 'mdhd'],
      (at) => {
        timescales.set(trackId, init.readUInt32BE(at + 12))
      },
      from,
      to,
    )
  })
  return timescales
}

/** Returns the times of each track in a fragment. @param moof - Box `moof` with its header. */
export function runsOf(moof: Buffer): StoredRun[] {
  const runs: StoredRun[] = []
  eachBox(moof, ['moof', 'traf'], (from, to) => {
    const places: Record<string, number> = {}
    for (const name of ['tfhd', 'tfdt', 'trun']) {
      eachBox(
        moof,
        [name],
        (at) => {
          places[name] = at
        },
        from,
        to,
      )
    }
    const { tfhd, tfdt, trun } = places
    if (tfhd === undefined || tfdt === undefined || trun === undefined) return
    const count = moof.readUInt32BE(trun + 4)
    let duration = 0
    for (let index = 0; index < count; index++)
      duration += moof.readUInt32BE(trun + 12 + index * 16)
    runs.push({
      trackId: moof.readUInt32BE(tfhd + 4),
      timeOffset: tfdt + 4,
      decodeTime: Number(moof.readBigUInt64BE(tfdt + 4)),
      duration,
      isSync: count > 0 && moof.readUInt32BE(trun + 12 + 8) === syncSample,
    })
  })
  return runs
}
