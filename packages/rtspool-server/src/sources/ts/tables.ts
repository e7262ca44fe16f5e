/** Codecs of elementary streams that can be served. */
export type TsCodec = 'h264' | 'h265' | 'aac' | 'opus'

/** Elementary stream (video or sound) of a program in a transport stream. */
export interface TsStream {
  readonly pid: number
  /** Codec of the stream; `undefined` for a codec that cannot be served. */
  readonly codec: TsCodec | undefined
  /** Name of the codec for messages, such as `AC-3`. */
  readonly name: string
  /** Number of channels that the description of an Opus stream states. */
  readonly channels?: number | undefined
}

const programAssociationTable = 0x00
const programMapTable = 0x02
const checksumBytes = 4
const privateData = 0x06
const registrationTag = 0x05
const extensionTag = 0x7f
const opusExtension = 0x80

/** Names of codecs by stream type (ISO/IEC 13818-1 table 2-34, and ATSC A/53), for messages. */
const typeNames: Readonly<Record<number, string>> = {
  1: 'MPEG-1 video',
  2: 'MPEG-2 video',
  3: 'MPEG audio',
  4: 'MPEG audio',
  15: 'AAC',
  16: 'MPEG-4 part 2 video',
  17: 'AAC in LATM',
  27: 'H.264',
  36: 'H.265',
  51: 'H.266',
  129: 'AC-3',
  135: 'E-AC-3',
}
const codecs: Readonly<Record<number, TsCodec>> = { 15: 'aac', 27: 'h264', 36: 'h265' }

/** Returns the PID of the program map table of the first program; `undefined` if a section of the PAT states none. */
export function programMapPidOf(section: Buffer): number | undefined {
  if (section[0] !== programAssociationTable || section.length < 12) return undefined
  for (let at = 8; at + 4 <= section.length - checksumBytes; at += 4) {
    // Program 0 is the network information table.
    if (section.readUInt16BE(at) !== 0) return section.readUInt16BE(at + 2) & 0x1fff
  }
  return undefined
}

/** Returns the elementary streams of a program; `undefined` if the section is of no program map table (PMT). */
export function streamsOf(section: Buffer): TsStream[] | undefined {
  if (section[0] !== programMapTable || section.length < 16) return undefined
  const end = section.length - checksumBytes
  const streams: TsStream[] = []
  let at = 12 + (section.readUInt16BE(10) & 0x0fff)
  while (at + 5 <= end) {
    const type = section[at] as number
    const pid = section.readUInt16BE(at + 1) & 0x1fff
    const next = at + 5 + (section.readUInt16BE(at + 3) & 0x0fff)
    streams.push(streamOf(pid, type, section.subarray(at + 5, Math.min(next, end))))
    at = next
  }
  return streams
}

function streamOf(pid: number, type: number, descriptors: Buffer): TsStream {
  if (type !== privateData) {
    return { pid, codec: codecs[type], name: typeNames[type] ?? `stream type ${type}` }
  }
  const found = [...descriptorsOf(descriptors)]
  const registration = found.find(({ tag }) => tag === registrationTag)?.bytes.toString('latin1')
  if (registration !== 'Opus') return { pid, codec: undefined, name: 'private data' }
  const extension = found.find(
    ({ tag, bytes }) => tag === extensionTag && bytes[0] === opusExtension,
  )
  return { pid, codec: 'opus', name: 'Opus', channels: extension?.bytes[1] }
}

function* descriptorsOf(bytes: Buffer): Iterable<{ tag: number; bytes: Buffer }> {
  let at = 0
  while (at + 2 <= bytes.length) {
    const end = at + 2 + (bytes[at + 1] as number)
    yield { tag: bytes[at] as number, bytes: bytes.subarray(at + 2, end) }
    at = end
  }
}
