/** Size in bytes of a packet of a transport stream (ISO/IEC 13818-1 section 2.4.3.2). */
export const packetBytes = 188
export const syncByte = 0x47

/** Distances in bytes from packet to packet in files: plain, with a time code (M2TS), with error correction. */
const strides = [packetBytes, packetBytes + 4, packetBytes + 16] as const
/** Number of consecutive packets that identify a transport stream. Fewer may be a coincidence. */
const packetsToBelieve = 8
/** Number of consecutive packets that suffice at the end of a file whose other packets have been found. */
const packetsAtEnd = 3

/** Position of the first packet, and the distance from packet to packet, in bytes. */
export interface Alignment {
  readonly offset: number
  readonly stride: number
}

/**
 * Finds the first packets of a transport stream in bytes.
 *
 * @param isEnd - True if the bytes are the end of the file, where fewer consecutive packets suffice.
 * @returns `undefined` if there are no such packets.
 */
export function findAlignment(
  bytes: Uint8Array,
  from: number,
  isEnd: boolean,
): Alignment | undefined {
  for (let offset = from; offset + packetBytes <= bytes.length; offset++) {
    if (bytes[offset] !== syncByte) continue
    const stride = strides.find((candidate) => isAligned(bytes, offset, candidate, isEnd))
    if (stride !== undefined) return { offset, stride }
  }
  return undefined
}

function isAligned(bytes: Uint8Array, offset: number, stride: number, isEnd: boolean): boolean {
  let packets = 1
  for (let at = offset + stride; packets < packetsToBelieve && at < bytes.length; at += stride) {
    if (bytes[at] !== syncByte) return false
    packets++
  }
  return packets >= (isEnd ? packetsAtEnd : packetsToBelieve)
}

/** Indexes of the times (PTS, DTS) of a PES packet in the bytes that were examined; -1 if a time is missing. */
export interface PesTimes {
  pid: number
  isVideo: boolean
  ptsAt: number
  dtsAt: number
}

const ptsBytes = 5

/**
 * Finds the times of a PES packet whose header begins in a packet (section 2.4.3.7).
 *
 * @param at - Index in `bytes` of the first byte of the packet.
 * @param times - Receives the positions in `bytes`, so that a packet needs no allocation.
 * @returns True if there are times.
 */
export function readPesTimes(bytes: Uint8Array, at: number, times: PesTimes): boolean {
  const flags = bytes[at + 1] as number
  const control = bytes[at + 3] as number
  const startsUnit = (flags & 0x40) !== 0
  const hasPayload = (control & 0x10) !== 0
  if (!startsUnit || !hasPayload) return false
  const adaptationBytes = (control & 0x20) === 0 ? 0 : 1 + (bytes[at + 4] as number)
  const pes = at + 4 + adaptationBytes
  const end = at + packetBytes
  if (
    pes + 9 + ptsBytes > end ||
    bytes[pes] !== 0 ||
    bytes[pes + 1] !== 0 ||
    bytes[pes + 2] !== 1
  ) {
    return false
  }
  const streamId = bytes[pes + 3] as number
  const isVideo = (streamId & 0xf0) === 0xe0
  const isAudio = (streamId & 0xe0) === 0xc0 || streamId === 0xbd || streamId === 0xfd
  if (!isVideo && !isAudio) return false
  const which = (bytes[pes + 7] as number) >> 6
  if (which < 2) return false
  times.pid = ((flags & 0x1f) << 8) | (bytes[at + 2] as number)
  times.isVideo = isVideo
  times.ptsAt = pes + 9
  times.dtsAt = which === 3 && pes + 9 + 2 * ptsBytes <= end ? times.ptsAt + ptsBytes : -1
  return true
}

/** Number of different times of a transport stream, which have 33 bits and wrap. */
export const timeModulus = 2 ** 33

/** Reads the time (PTS or DTS) at index `at`, in ticks of 90 kHz: `0010 ttt1 tttttttt ttttttt1 tttttttt ttttttt1`. */
export function readTime(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) >> 1) & 0x07
  const middle = ((bytes[at + 1] as number) << 7) | ((bytes[at + 2] as number) >> 1)
  const low = ((bytes[at + 3] as number) << 7) | ((bytes[at + 4] as number) >> 1)
  return high * 2 ** 30 + middle * 2 ** 15 + low
}

/**
 * Overwrites the time (PTS or DTS) at index `at` with `time`, in ticks of 90 kHz. The marker bits between its three
 * parts stay.
 */
export function writeTime(bytes: Uint8Array, at: number, time: number): void {
  const high = Math.floor(time / 2 ** 30) & 0x07
  const middle = Math.floor(time / 2 ** 15) & 0x7fff
  const low = time & 0x7fff
  bytes[at] = ((bytes[at] as number) & 0xf1) | (high << 1)
  bytes[at + 1] = middle >> 7
  bytes[at + 2] = ((middle << 1) & 0xfe) | ((bytes[at + 2] as number) & 1)
  bytes[at + 3] = low >> 7
  bytes[at + 4] = ((low << 1) & 0xfe) | ((bytes[at + 4] as number) & 1)
}

/** Returns the distance from one time to another in ticks, across a wrap: from -2^32 up to 2^32. */
export function timeDistance(from: number, to: number): number {
  const distance = modulo(to - from, timeModulus)
  return distance >= timeModulus / 2 ? distance - timeModulus : distance
}

export const modulo = (value: number, modulus: number): number =>
  ((value % modulus) + modulus) % modulus
