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
 * Returns the test for an encoding as named in `a=rtpmap`.
 *
 * @returns `undefined` for encodings without a known test: a viewer can start at every packet.
 */
export const payloadTestOf = (encoding: string): PayloadTest | undefined =>
  tests.get(encoding.toUpperCase())
