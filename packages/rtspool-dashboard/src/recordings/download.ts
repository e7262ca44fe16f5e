import type { ApiClient } from '../api/api-client.js'
import { queryOf, type RecordedRange, urlOf } from './recording-view.js'

/** Returns the name of the file for an export: the path, and the time of its beginning. */
export function fileNameOf({ path, fromMs }: Pick<RecordedRange, 'path' | 'fromMs'>): string {
  const name = path.replace(/[^\p{L}\p{N}_.-]+/gu, '-').replace(/^-+|-+$/g, '') || 'recording'
  const time = new Date(fromMs).toISOString().slice(0, 19).replaceAll(':', '-')
  return `${name}-${time}Z.mp4`
}

/** Exports a range, and gives the file to the browser to save. @throws {ApiError} */
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

/** Milliseconds after which a browser has begun to save a file. */
const revokeAfterMs = 60_000
