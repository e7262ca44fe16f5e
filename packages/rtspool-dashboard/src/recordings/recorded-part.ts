import { type ApiClient, ApiError } from '../api/api-client.js'
import { queryOf, type RecordedRange, urlOf } from './recording-view.js'

/** Piece of a recording, some seconds long, as MP4 that a browser can append to a `SourceBuffer`. */
export interface RecordedPart {
  /** Media type of the bytes with all codecs, for a `SourceBuffer`: `video/mp4; codecs="avc1.64001f, opus"`. */
  readonly mime: string
  /** Time of the first picture in the piece, in milliseconds since 1970. `endMs` is the end of the last picture. */
  readonly startMs: number
  readonly endMs: number
  readonly bytes: ArrayBuffer
}

/**
 * Reads a range of a recording, two minutes at most, from the server as one part. The part begins with the key frame at
 * or before `fromMs`, and ends early where the format changes.
 *
 * @returns `undefined` if nothing was recorded in the range.
 * @throws {ApiError}
 */
export async function readPart(
  client: ApiClient,
  { recording, ...range }: RecordedRange,
  signal: AbortSignal,
): Promise<RecordedPart | undefined> {
  const url = `${urlOf(recording, '/play')}?${new URLSearchParams(queryOf(range))}`
  try {
    const response = await client.open(url, {}, signal)
    const { headers } = response
    return {
      mime: headers.get('content-type') ?? 'video/mp4',
      startMs: Date.parse(headers.get('rtspool-start-time') ?? ''),
      endMs: Date.parse(headers.get('rtspool-end-time') ?? ''),
      bytes: await response.arrayBuffer(),
    }
  } catch (error) {
    if (error instanceof ApiError && error.status === 409) return undefined
    throw error
  }
}
