import { MediaFactory, type MediaRequest, RequestError } from 'rtspool'
import { type RecordingPlan, recordsPath } from '../recording/recording-plan.js'
import type { RecordingService } from '../recording/recording-service.js'
import type { Clip, ClipList } from './footage-clips.js'
import { FootageFile, FootageIndexes } from './footage-file.js'
import { ReplaySource } from './replay-source.js'
import { parseWindow, type ReplayWindow } from './replay-window.js'
import type { StoredTrack } from './stored-tracks.js'

/** Part of the recording service that a replay uses. */
export type ReplayedRecordings = Pick<RecordingService, 'plans' | 'recorders' | 'files'>

export interface ReplayMountOptions {
  readonly recordings: ReplayedRecordings
  /** Path below which recordings are played: `/replay` for `/replay/live/cam`. */
  readonly prefix: string
  /** Called with the error when the recorded files of a path cannot be read. */
  readonly onFailed: (path: string, error: unknown) => void
}

/**
 * Creates the mount that plays recordings over RTSP: the path behind the prefix is that of the recorded media. Each
 * viewer has a source of its own.
 */
export function replayMount(options: ReplayMountOptions): MediaFactory {
  const indexes = new FootageIndexes()
  return new MediaFactory((request) => openReplay(options, request, indexes), {
    shared: false,
    servesSubpaths: true,
    multicast: false,
    onvifReplay: true,
  })
}

/**
 * Opens the recording of a path for one viewer. Calls `onFailed` if the files cannot be listed or read.
 *
 * @throws {RequestError} `ERR_NOT_FOUND` if nothing was recorded, or the query cannot be read.
 */
export async function openReplay(
  options: ReplayMountOptions,
  { path: requested, query }: MediaRequest,
  indexes = new FootageIndexes(),
): Promise<ReplaySource> {
  const path = requested.slice(options.prefix.length)
  try {
    return await openPath(options, path, parseWindow(query), indexes)
  } catch (error) {
    if (!(error instanceof RequestError)) options.onFailed(path, error)
    throw error
  }
}

async function openPath(
  { recordings, onFailed }: ReplayMountOptions,
  path: string,
  window: ReplayWindow,
  indexes: FootageIndexes,
): Promise<ReplaySource> {
  const { list, first, newest, isGrowing } = await findRecording(recordings, path, window)
  const { tracks, endMs } = await examine(newest, indexes)
  const isLimited = window.endMs !== undefined && window.endMs < endMs
  return new ReplaySource({
    ...{ list, indexes, tracks, name: path, isGrowing },
    startMs: Math.max(first.startMs, window.startMs ?? 0),
    endMs: isLimited ? window.endMs : endMs,
    onFailed: (error) => onFailed(path, error),
  })
}

interface FoundRecording extends ClipList {
  readonly list: () => Promise<ClipList>
  readonly first: Clip
  readonly newest: Clip
}

/**
 * Finds the recording of a path: the first one that has files in the window.
 *
 * @throws {RequestError} `ERR_NOT_FOUND` if nothing was recorded.
 */
async function findRecording(
  recordings: ReplayedRecordings,
  path: string,
  window: ReplayWindow,
): Promise<FoundRecording> {
  for (const plan of recordings.plans) {
    const isWanted = window.recording === undefined || window.recording === plan.name
    if (!isWanted || !recordsPath(plan, path)) continue
    const list = () => listClips(recordings, plan, path, window)
    const { clips, isGrowing } = await list()
    const [first] = clips
    const newest = clips.at(-1)
    if (first && newest) return { list, clips, isGrowing, first, newest }
  }
  throw new RequestError('ERR_NOT_FOUND', `nothing was recorded of ${path} at this time`)
}

async function listClips(
  { files, recorders }: ReplayedRecordings,
  plan: RecordingPlan,
  path: string,
  { startMs = Number.NEGATIVE_INFINITY, endMs = Number.POSITIVE_INFINITY }: ReplayWindow,
): Promise<ClipList> {
  const segments = await files.recent(plan)
  const clips = segments
    .filter((each) => each.path === path && each.endMs > startMs && each.startMs < endMs)
    .map(({ file, startMs: from, endMs: to }) => ({
      ...{ folder: plan.folder, file, startMs: from, endMs: to },
    }))
  const isRecorded = [...recorders].some(
    (recorder) =>
      recorder.plan === plan && recorder.path === path && recorder.state === 'recording',
  )
  const isGrowing = isRecorded && endMs === Number.POSITIVE_INFINITY
  return { clips, isGrowing }
}

/** Returns the tracks of the newest file, and the end of its last picture or sound in milliseconds since 1970. */
async function examine(
  { folder, file: name, startMs }: Clip,
  indexes: FootageIndexes,
): Promise<{ readonly tracks: readonly StoredTrack[]; readonly endMs: number }> {
  const file = await FootageFile.open(folder, name, indexes)
  try {
    return { tracks: file.tracks, endMs: startMs + (await file.lastMs()) }
  } finally {
    await file.close()
  }
}
