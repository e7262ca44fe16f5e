/** Digests of what a server sends and a client receives. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const sha1 = (...parts) => {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** Digest of the timestamp and the payload of a packet; servers may change the rest of its header. */
export const packetDigest = (packet) => sha1(packet.subarray(4, 8), packet.subarray(12))

/** Digest of a NAL unit or a frame of sound. */
export const partDigest = (part) => sha1(part)

/** Types of NAL units of H.264 with pictures. A server may send parameter sets of its own. */
const pictureTypes = [1, 5]
/** @param {Uint8Array} unit - A NAL unit of H.264. */
export const hasPicture = (unit) => pictureTypes.includes(unit[0] & 0x1f)

/** Returns the parts of an access unit that a file has. */
export const fileParts = (kind, parts) => (kind === 'video' ? parts.filter(hasPicture) : parts)

/**
 * Makes a film of a minute. @returns The digests of its pictures and its frames of sound, by kind of track.
 */
export function makeFilm(path) {
  ffmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25', '-f', 'lavfi', '-i', 'sine'],
    ...['-t', '60', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-bf', '0'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', path],
  ])
  const copied = (name, ...args) => {
    const copy = `${path}.${name}`
    ffmpeg(['-i', path, ...args, '-c', 'copy', '-f', name, copy])
    return readFileSync(copy)
  }
  const annexB = copied('h264', '-map', '0:v', '-bsf:v', 'h264_mp4toannexb')
  const adts = copied('adts', '-map', '0:a')
  return {
    video: new Set(nalUnitsOf(annexB).filter(hasPicture).map(partDigest)),
    audio: new Set(framesOf(adts).map(partDigest)),
  }
}

function ffmpeg(args) {
  const all = ['-nostdin', '-v', 'error', '-y', ...args]
  const { status, stderr } = spawnSync('ffmpeg', all, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}: ${stderr}`)
}

/**
 * Splits Annex B into its NAL units, without start codes.
 *
 * @param {Buffer} bytes
 */
export function nalUnitsOf(bytes) {
  const code = Buffer.from([0, 0, 1])
  const units = []
  for (let at = bytes.indexOf(code); at >= 0; ) {
    const next = bytes.indexOf(code, at + 3)
    let end = next < 0 ? bytes.length : next
    while (bytes[end - 1] === 0) end--
    units.push(bytes.subarray(at + 3, end))
    at = next
  }
  return units
}

/**
 * Returns the frames of AAC without their headers of 7 bytes (ISO 14496-3 section 1.A.2).
 *
 * @param {Buffer} adts
 */
export function framesOf(adts) {
  const frames = []
  for (let at = 0; at < adts.length; ) {
    const length = (adts.readUIntBE(at + 3, 3) >> 5) & 0x1fff
    frames.push(adts.subarray(at + 7, at + length))
    at += length
  }
  return frames
}
