import { boxAt, boxesOf } from '../../fmp4/boxes.js'

/** One track of a fragment. */
export interface ReadRun {
  readonly trackId: number
  readonly decodeTime: number
  readonly durations: readonly number[]
  readonly isSync: boolean
}

/** A file of a recording, as a reader that knows nothing of the writer finds it. */
export interface ReadSegment {
  /** Names of the boxes of the file. */
  readonly boxes: readonly string[]
  readonly entries: readonly string[]
  readonly fragments: readonly { readonly runs: readonly ReadRun[] }[]
  /** Times of the source in milliseconds since 1970, and ticks of the track, in front of fragments. */
  readonly references: readonly { readonly unixMs: number; readonly mediaTime: number }[]
}

export function readSegment(bytes: Buffer): ReadSegment {
  const top = boxesOf(bytes).filter(({ path }) => !path.includes('/'))
  const moov = boxesOf(boxAt(bytes, 'moov'))
  return {
    boxes: top.map(({ path }) => path),
    entries: moov
      .filter(({ path }) => path.endsWith('/stsd'))
      .map(({ content }) => content.toString('latin1', 12, 16)),
    fragments: top
      .filter(({ path }) => path === 'moof')
      .map(({ content }) => ({ runs: runsOf(content) })),
    references: top
      .filter(({ path }) => path === 'prft')
      .map(({ content }) => ({
        unixMs:
          (content.readUInt32BE(8) - 2_208_988_800) * 1000 +
          (content.readUInt32BE(12) / 2 ** 32) * 1000,
        mediaTime: Number(content.readBigUInt64BE(16)),
      })),
  }
}

function runsOf(moof: Buffer): ReadRun[] {
  const parts = boxesOf(moof)
  const of = (name: string): Buffer[] =>
    parts.filter(({ path }) => path === `traf/${name}`).map(({ content }) => content)
  const [headers, times, runs] = [of('tfhd'), of('tfdt'), of('trun')]
  return headers.map((header, index) => {
    const run = runs[index] as Buffer
    const count = run.readUInt32BE(4)
    return {
      trackId: header.readUInt32BE(4),
      decodeTime: Number(times[index]?.readBigUInt64BE(4)),
      durations: Array.from({ length: count }, (_, at) => run.readUInt32BE(12 + at * 16)),
      isSync: run.readUInt32BE(12 + 8) === 0x0200_0000,
    }
  })
}
