import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { ApiClient } from '../api/api-client.js'
import { Refresher } from '../lists/refresher.js'
import { useVisitor } from '../visitor/visitor-context.js'
import {
  type RecordedPath,
  type RecordedRange,
  type RecordingView,
  readSegments,
  type SegmentView,
  urlOf,
} from './recording-view.js'
import type { Span } from './spans.js'

const types = [
  ...['recordingStarted', 'recordingStopped', 'recordingFailed'],
  ...['segmentClosed', 'segmentRemoved', 'configChanged'],
]
const everyMs = 5_000
/** Milliseconds after which all files of a day are read again, and not only the latest ones. */
const wholeMs = 60_000

/** Choice of the user: name of the recording, path and day. `undefined` stands for the first recording or path. */
export interface Shown {
  readonly recording: string | undefined
  readonly path: string | undefined
  readonly day: Span
}

/** Recordings of the server, the paths of one of them, and the files of a day of one path. */
export interface RecordingsState {
  /** Recordings in the configuration of the server; `undefined` until the server has responded. */
  readonly recordings: readonly RecordingView[] | undefined
  readonly paths: readonly RecordedPath[]
  /**
   * Files of one path and day of a recording, the oldest first. `place` is the key of this choice, from {@link
   * placeOf}.
   */
  readonly segments: readonly SegmentView[]
  readonly place: string
}

const nothing = { recordings: undefined, paths: [], segments: [] }

/** Returns the key of a recording, path and day, by which files of an earlier choice are recognised. */
export const placeOf = (recording = '', path = '', day: Span): string =>
  JSON.stringify([recording, path, day.startMs])

/**
 * Hook that reads the recordings, paths and files of the user's choice, and reads them again after events and each 5 s.
 */
export function useRecordings(shown: Shown) {
  const { client, events } = useVisitor()
  const state = useSignal<RecordingsState>({ ...nothing, place: '' })
  const problem = useSignal('')
  const { recording, path, day } = shown
  const read = useMemo(() => {
    const line = new SegmentLine(client)
    return async (signal?: AbortSignal): Promise<void> => {
      try {
        const { recordings } = await client.get<{ recordings: RecordingView[] }>('/v1/recordings')
        const name = recording ?? recordings[0]?.name
        const { paths } = name
          ? await client.get<{ paths: RecordedPath[] }>(urlOf(name, '/paths'))
          : { paths: [] }
        const chosen = path ?? paths[0]?.path
        const range = { fromMs: day.startMs, toMs: day.endMs }
        // A user who has changed something sees it at once.
        const isWhole = signal === undefined
        const segments =
          name && chosen
            ? await line.read({ recording: name, path: chosen, ...range }, isWhole)
            : []
        if (signal?.aborted) return
        state.value = { recordings, paths, segments, place: placeOf(name, chosen, day) }
        problem.value = ''
      } catch (error) {
        if (!signal?.aborted) problem.value = (error as Error).message
      }
    }
  }, [client, recording, path, day.startMs, day.endMs])
  useEffect(() => {
    const leaving = new AbortController()
    void read(leaving.signal)
    const refresher = new Refresher(events, { types, everyMs }, () => read(leaving.signal))
    return () => {
      leaving.abort()
      refresher.close()
    }
  }, [read, events])
  return { state: state as ReadonlySignal<RecordingsState>, problem, read }
}

/** Reader of the files of one path and day: once a minute all files, otherwise those after the last closed file. */
class SegmentLine {
  readonly #client: ApiClient
  #segments: readonly SegmentView[] = []
  #place = ''
  #readAt = Number.NEGATIVE_INFINITY

  constructor(client: ApiClient) {
    this.#client = client
  }

  /**
   * Reads the files of a range (path and day), and returns them with those known before, the oldest first.
   *
   * @param isWhole - True to read all files now, and not only the latest ones.
   * @throws {ApiError}
   */
  async read(range: RecordedRange, isWhole: boolean): Promise<readonly SegmentView[]> {
    const place = `${range.recording} ${range.path}`
    const last = this.#segments.findLast(({ isOpen }) => !isOpen)
    const isKnown = place === this.#place && performance.now() - this.#readAt < wholeMs
    if (isWhole || !isKnown || !last) {
      this.#segments = await readSegments(this.#client, range)
      this.#readAt = performance.now()
    } else {
      const fromMs = Date.parse(last.endTime)
      const added = await readSegments(this.#client, { ...range, fromMs })
      const kept = this.#segments.filter(({ endTime }) => Date.parse(endTime) <= fromMs)
      const known = new Set(kept.map(({ startTime }) => startTime))
      this.#segments = [...kept, ...added.filter(({ startTime }) => !known.has(startTime))]
    }
    this.#place = place
    return this.#segments
  }
}
