import type { ApiClient } from '../api/api-client.js'
import { queryOf, type RecordedRange, urlOf } from './recording-view.js'

/** Returns the name of an exported file from the path and the beginning in UTC: `live-cam-2026-11-29T14-05-00Z.mp4`. */
export function fileNameOf({ path, fromMs }: Pick<RecordedRange, 'path' | 'fromMs'>): string {
  const name = path.replace(/[^\p{L}\p{N}_.-]+/gu, '-').replace(/^-+|-+$/g, '') || 'recording'
  const time = new Date(fromMs).toISOString().slice(0, 19).replaceAll(':', '-')
  return `${name}-${time}Z.mp4`
}

/** Reads a range of a recording from the server as MP4, and lets the browser save the file. @throws {ApiError} */
export async function download(client: ApiClient, range: RecordedRange): Promise<void> {
  const url = `${urlOf(range.recording, '/export')}?${new URLSearchParams(queryOf(range))}`
  const response = await client.open(url, {}, new AbortController().signal)
  // The browser keeps a large blob on its disk.
  const file = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = file
  link.download = fileNameOf(range)
  link.click()
  setTimeout(() => URL.revokeObjectURL(file), revokeAfterMs)
}

/**
 * Milliseconds from the start of a download until the memory of its file is released, after the browser has begun to
 * save.
 */
const revokeAfterMs = 60_000
