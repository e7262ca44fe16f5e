/** One entry of an edit list: duration in ticks of the movie, start in ticks of the track. */
export interface Edit {
  readonly duration: number
  readonly mediaTime: number
}

const containers = new Set(['moov', 'trak', 'edts', 'mdia'])

/**
 * Replaces the edit list of the first track of an MP4 whose `moov` is behind its data.
 *
 * @param edit - Makes the new entries out of the first of the old ones, with both timescales.
 */
export function withEdits(
  file: Buffer,
  edit: (old: Edit, movieScale: number, mediaScale: number) => readonly Edit[],
): Buffer {
  const movieScale = file.readUInt32BE(contentOf(file, 'mvhd') + 12)
  const mediaScale = file.readUInt32BE(contentOf(file, 'mdhd') + 12)
  const at = contentOf(file, 'elst')
  const old = { duration: file.readUInt32BE(at + 8), mediaTime: file.readInt32BE(at + 12) }
  const entries = edit(old, movieScale, mediaScale)
  const list = Buffer.alloc(16 + 12 * entries.length)
  list.writeUInt32BE(list.length)
  list.write('elst', 4)
  list.writeUInt32BE(entries.length, 12)
  for (const [index, { duration, mediaTime }] of entries.entries()) {
    list.writeUInt32BE(duration, 16 + 12 * index)
    list.writeInt32BE(mediaTime, 20 + 12 * index)
    list.writeUInt32BE(0x1_0000, 24 + 12 * index)
  }
  const start = at - 8
  const oldBytes = file.readUInt32BE(start)
  const changed = Buffer.concat([file.subarray(0, start), list, file.subarray(start + oldBytes)])
  for (const parent of parentsOf(file, start)) {
    changed.writeUInt32BE(file.readUInt32BE(parent) + list.length - oldBytes, parent)
  }
  return changed
}

/** Position of the content of the first box of a type. */
function contentOf(file: Buffer, type: string): number {
  const found = walk(file, 0, file.length).find((box) => box.type === type)
  if (!found) throw new RangeError(`expected a box ${type}`)
  return found.start + 8
}

const parentsOf = (file: Buffer, position: number): number[] =>
  walk(file, 0, file.length)
    .filter(({ start, end }) => start < position && position < end)
    .map(({ start }) => start)

function walk(
  file: Buffer,
  from: number,
  to: number,
): { type: string; start: number; end: number }[] {
  const boxes = []
  for (let start = from; start + 8 <= to; ) {
    const type = file.toString('latin1', start + 4, start + 8)
    const end = start + Math.max(8, file.readUInt32BE(start))
    boxes.push({ type, start, end }, ...(containers.has(type) ? walk(file, start + 8, end) : []))
    start = end
  }
  return boxes
}
