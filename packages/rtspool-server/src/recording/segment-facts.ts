import { box, boxHeaderBytes } from '../fmp4/box.js'

/** UUID of the MP4 box that holds the {@link SegmentFacts} of a recorded file. */
const boxId = Buffer.from('7c0e1f5fa9b64f3b8d0a52e0c5f24e11', 'hex')
/** UUID of the MP4 box that holds the end time of a recorded file. */
const endBoxId = Buffer.from('7c0e1f5fa9b64f3b8d0a52e0c5f24e12', 'hex')
const maxFactsBytes = 16 * 1024
/** Maximum bytes to read from the beginning of a file, where its facts are. */
export const maxHeadBytes = 1024 + maxFactsBytes
/** Size in bytes of the MP4 box that holds the end time of a recorded file. */
export const endBoxBytes = boxHeaderBytes + 16 + 8

/** Facts of a segment that its file contains, so that no other index is needed. */
export interface SegmentFacts {
  /** Name of the recording in the configuration. */
  readonly recording: string
  /** Decoded path of the recorded media. */
  readonly path: string
  /** Time of the first picture on the clock of this machine, in milliseconds since 1970. */
  readonly startMs: number
  /** Identifier of the boot of the machine during which the file was begun; `undefined` in files of other programs. */
  readonly bootId?: string | undefined
  /** Milliseconds from that boot to `startMs`, which no change of the clock affects. */
  readonly uptimeMs?: number | undefined
  /** Codecs as in the parameter `codecs` of a media type (RFC 6381), in the order of the tracks. */
  readonly codecs?: readonly string[] | undefined
}

/** Returns the MP4 box with the facts of a segment, which players skip. */
export const factsBox = (facts: SegmentFacts): Buffer =>
  box('uuid', boxId, Buffer.from(JSON.stringify(facts)))

/**
 * Reads the facts of a segment from the beginning of its file, where they are the second box.
 *
 * @param head - First bytes of the file, of which {@link maxHeadBytes} are enough.
 * @returns `undefined` if the file is no segment of a recording.
 */
export function parseFacts(head: Buffer): SegmentFacts | undefined {
  if (head.length < boxHeaderBytes || head.toString('latin1', 4, 8) !== 'ftyp') return undefined
  const at = head.readUInt32BE(0)
  const from = at + boxHeaderBytes + boxId.length
  if (head.length < from || head.toString('latin1', at + 4, at + 8) !== 'uuid') return undefined
  const sizeBytes = head.readUInt32BE(at)
  if (sizeBytes > maxFactsBytes || at + sizeBytes > head.length) return undefined
  if (!head.subarray(at + boxHeaderBytes, from).equals(boxId)) return undefined
  return factsOf(head.toString('utf8', from, at + sizeBytes))
}

function factsOf(text: string): SegmentFacts | undefined {
  try {
    const { recording, path, startMs, codecs, ...rest } = JSON.parse(text) as Partial<SegmentFacts>
    const isWhole =
      typeof recording === 'string' && typeof path === 'string' && Number.isFinite(startMs)
    if (!isWhole) return undefined
    const facts = { recording, path, startMs: startMs as number, ...bootOf(rest) }
    const areCodecs = Array.isArray(codecs) && codecs.every((each) => typeof each === 'string')
    return areCodecs ? { ...facts, codecs } : facts
  } catch {
    return undefined
  }
}

function bootOf({ bootId, uptimeMs }: Partial<SegmentFacts>): Partial<SegmentFacts> {
  const isWhole = typeof bootId === 'string' && Number.isFinite(uptimeMs)
  return isWhole ? { bootId, uptimeMs } : {}
}

/**
 * Returns the box with the end time of a segment, which stands in front of the `mfra` at the end of the file.
 *
 * @param endMs - End on the clock of this machine, in milliseconds since 1970.
 */
export function endBox(endMs: number): Buffer {
  const end = Buffer.alloc(8)
  end.writeDoubleBE(endMs)
  return box('uuid', endBoxId, end)
}

/** Reads the end of a segment in milliseconds since 1970 from the box that {@link endBox} returns; else `undefined`. */
export function parseEnd(bytes: Buffer): number | undefined {
  const from = boxHeaderBytes + endBoxId.length
  const isOne =
    bytes.length === endBoxBytes && bytes.subarray(boxHeaderBytes, from).equals(endBoxId)
  return isOne ? bytes.readDoubleBE(from) : undefined
}
