import type { ApiClient } from '../api/api-client.js'

/** A recording of the configuration, as the API returns it. */
export interface RecordingView {
  readonly name: string
  /** Path of the media that is recorded, or a pattern of paths such as `/live/*`. */
  readonly path: string
  readonly isRunning: boolean
  /** Condition for it to record: always, or only while clients play (`watched`) or publish. */
  readonly when: 'always' | 'watched' | 'published' | 'motion'
  /** Path at which the clients of {@link when} play or publish; without it, each recorded path for itself. */
  readonly whenPath?: string
  readonly media: readonly {
    readonly path: string
    readonly state: 'waiting' | 'recording'
    readonly missedPackets: number
  }[]
}

/** A path of a recording from which the server has files: time range, number and bytes of the files. */
export interface RecordedPath {
  readonly path: string
  readonly startTime: string
  readonly endTime: string
  readonly files: number
  readonly sizeBytes: number
}

/** A file of a recording with its times, as the API returns it. `isOpen` = the file is being written. */
export interface SegmentView {
  readonly startTime: string
  readonly endTime: string
  readonly sizeBytes: number
  readonly isOpen: boolean
}

/** Range of one path of a recording, from `fromMs` to `toMs` in milliseconds since 1970. */
export interface RecordedRange {
  readonly recording: string
  readonly path: string
  readonly fromMs: number
  readonly toMs: number
}

const pageSize = 1000
/** Maximum number of files of one path and day that the page reads; later files of the day are not shown. */
const maxSegments = 50_000

export const urlOf = (recording: string, rest = ''): string =>
  `/v1/recordings/${encodeURIComponent(recording)}${rest}`

/** Returns the query parameters of the API for a range: the path, and both times in ISO 8601. */
export const queryOf = ({ path, fromMs, toMs }: Omit<RecordedRange, 'recording'>) => ({
  path,
  from: new Date(fromMs).toISOString(),
  to: new Date(toMs).toISOString(),
})

/**
 * Reads the times and sizes of the files in a range from the API, the oldest first, some 50,000 at most.
 *
 * @throws {ApiError}
 */
export async function readSegments(
  client: ApiClient,
  { recording, ...range }: RecordedRange,
): Promise<SegmentView[]> {
  const segments: SegmentView[] = []
  let cursor: string | undefined
  do {
    const page = await client.get<{ segments: SegmentView[]; cursor?: string }>(
      urlOf(recording, '/segments'),
      { ...queryOf(range), limit: pageSize, cursor },
    )
    segments.push(...page.segments)
    cursor = page.cursor
  } while (cursor !== undefined && segments.length < maxSegments)
  return segments
}
