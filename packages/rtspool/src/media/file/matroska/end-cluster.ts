import type { FileRepair, FileView } from '../file-view.js'
import { type Element, elementAt, elementIds, longestHeaderBytes, sizeOf } from './ebml.js'

/** Maximum number of elements at one level of the file that are read; further ones are ignored. */
const maxElements = 2 ** 20

/**
 * Ends the last cluster of a cut-off Matroska file after its last complete block, because mediabunny 1.61 would leave
 * out an incomplete cluster.
 *
 * @returns `undefined` for other files.
 */
export async function endLastCluster(file: FileView): Promise<FileRepair | undefined> {
  const header = await readElement(file, 0)
  if (header?.id !== elementIds.ebml || header.end === undefined) return undefined
  const segment = await readElement(file, header.end)
  if (segment?.id !== elementIds.segment || !isBeyond(segment, file)) return undefined
  const cluster = await lastElement(file, segment.contentStart)
  if (cluster?.id !== elementIds.cluster || !isBeyond(cluster, file)) return undefined
  const end = await endOfWhole(file, cluster.contentStart)
  const size = sizeOf(end - cluster.contentStart, cluster.sizeBytes)
  const bytes = file.sizeBytes - end
  return {
    present: (open) => new EndedFile(open, end, cluster.sizeStart, size),
    leftOut: bytes > 0 ? [`${bytes} bytes of a block that the file ends within`] : [],
  }
}

const isBeyond = ({ end }: Element, file: FileView): boolean =>
  end !== undefined && end > file.sizeBytes

async function readElement(file: FileView, position: number): Promise<Element | undefined> {
  const end = Math.min(file.sizeBytes, position + longestHeaderBytes)
  return position < end ? elementAt(await file.read(position, end), position) : undefined
}

/** Returns the last element of a series that begins at `start`, or the first one whose size is unknown. */
async function lastElement(file: FileView, start: number): Promise<Element | undefined> {
  let last: Element | undefined
  let position: number | undefined = start
  for (let count = 0; position !== undefined && count < maxElements; count++) {
    const element: Element | undefined = await readElement(file, position)
    if (!element) break
    last = element
    position = element.end
  }
  return last
}

/** Returns the position in the file after the last complete element of a series of elements that begins at `start`. */
async function endOfWhole(file: FileView, start: number): Promise<number> {
  let end = start
  for (let count = 0; count < maxElements; count++) {
    const element = await readElement(file, end)
    if (element?.end === undefined || element.end > file.sizeBytes) break
    end = element.end
  }
  return end
}

/** View of a file that ends earlier than the file itself. The size field of the last cluster is changed to match. */
class EndedFile implements FileView {
  readonly sizeBytes: number
  readonly #file: FileView
  readonly #patchStart: number
  readonly #patch: Buffer

  constructor(file: FileView, sizeBytes: number, patchStart: number, patch: Buffer) {
    this.#file = file
    this.sizeBytes = sizeBytes
    this.#patchStart = patchStart
    this.#patch = patch
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const bytes = await this.#file.read(start, end)
    for (const [index, byte] of this.#patch.entries()) {
      const position = this.#patchStart + index
      if (position >= start && position < end) bytes[position - start] = byte
    }
    return bytes
  }
}
