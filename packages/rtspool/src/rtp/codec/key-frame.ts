import type { PayloadTest } from '../payload-kinds.js'
import { h264Kind } from './h264-kinds.js'
import { h265Kind } from './h265-kinds.js'
import {
  av1Kind,
  jpegKind,
  mpeg4VideoKind,
  mpegVideoKind,
  vp8Kind,
  vp9Kind,
} from './video-kinds.js'

const tests: ReadonlyMap<string, PayloadTest> = new Map([
  ['H264', h264Kind],
  ['H265', h265Kind],
  ['VP8', vp8Kind],
  ['VP9', vp9Kind],
  ['AV1', av1Kind],
  ['JPEG', jpegKind],
  ['MPV', mpegVideoKind],
  ['MP4V-ES', mpeg4VideoKind],
])

/**
 * Returns the function that classifies the payloads of an encoding.
 *
 * @param encoding - Name as in `a=rtpmap`, in upper or lower case.
 * @returns `undefined` for an encoding without such a function: a viewer can start at every packet.
 */
export const payloadTestOf = (encoding: string): PayloadTest | undefined =>
  tests.get(encoding.toUpperCase())
