import { kindOf } from '../../../option-checks.js'
import { MediaDescription } from '../../../sdp/index.js'
import type { RtpFormat } from './track-format.js'

/**
 * Returns the format of a track that the application writes in RTP packets of its own.
 *
 * @param description - Media section with the payload types of the packets; see `createMediaDescription`.
 * @throws {TypeError} `description` is not a `MediaDescription`.
 */
export function rtp(description: MediaDescription): RtpFormat {
  if (description instanceof MediaDescription) return { encoding: 'rtp', description }
  throw new TypeError(`rtp: expected a MediaDescription, got ${kindOf(description)}`)
}
