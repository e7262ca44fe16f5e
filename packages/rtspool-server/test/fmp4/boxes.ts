/** A box with its path, as a reader that knows nothing of the writer finds it. */
export interface FoundBox {
  readonly path: string
  readonly content: Buffer
}

const containers = new Set(['moov', 'trak', 'mdia', 'minf', 'dinf', 'stbl', 'mvex', 'moof', 'traf'])

/** Reads boxes; throws where a size does not fit. */
export function boxesOf(bytes: Buffer, prefix = ''): FoundBox[] {
  const found: FoundBox[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const size = bytes.readUInt32BE(offset)
    const type = bytes.toString('latin1', offset + 4, offset + 8)
    if (size < 8 || offset + size > bytes.length) throw new Error(`${prefix}${type}: size ${size}`)
    const content = bytes.subarray(offset + 8, offset + size)
    found.push({ path: `${prefix}${type}`, content })
    if (containers.has(type)) found.push(...boxesOf(content, `${prefix}${type}/`))
    offset += size
  }
  return found
}

export function boxAt(bytes: Buffer, path: string): Buffer {
  const found = boxesOf(bytes).find((box) => box.path === path)
  if (!found) throw new Error(`no box ${path}`)
  return found.content
}
