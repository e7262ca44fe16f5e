import { type FileHandle, open } from 'node:fs/promises'
import type * as Mediabunny from 'mediabunny'
import { RequestError } from '../../errors.js'
import { chooseTracks } from './choose-tracks.js'
import type { FileTrack } from './file-track.js'

/** An open file and the tracks of it that can be sent: one or two. */
export interface MediaFile {
  readonly path: string
  readonly tracks: readonly FileTrack[]
  /** Closes the file; reads that are under way reject. Idempotent. */
  close(): Promise<void>
}

/** What is kept of the file in memory, beside what has been read and not yet sent. */
const cacheBytes = 1024 * 1024
const expectedFile =
  'expected an MP4, QuickTime, Matroska, WebM, MPEG-TS, Ogg or WAVE file with a track of H.264, H.265, AAC, ' +
  'Opus or G.711'

type MediabunnyModule = typeof Mediabunny

/**
 * Opens a file and chooses its first video and its first sound that can be sent.
 *
 * @param importMediabunny - How the optional package is loaded.
 * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE`: no such file, not a media file, no track that can be
 * sent, or the package is not installed.
 */
export async function openMediaFile(
  path: string,
  importMediabunny: () => Promise<MediabunnyModule> = () => import('mediabunny'),
): Promise<MediaFile> {
  const mediabunny = await load(importMediabunny)
  const { handle, sizeBytes } = await openFile(path)
  const input = new mediabunny.Input({
    source: new mediabunny.CustomSource({
      getSize: () => sizeBytes,
      read: (start, end) => readExactly(handle, path, start, end),
      maxCacheSize: cacheBytes,
      prefetchProfile: 'fileSystem',
    }),
    formats: formatsOf(mediabunny),
  })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= Promise.resolve()
      .then(() => input.dispose())
      .finally(() => handle.close())
    return closing
  }
  try {
    if (!(await input.canRead())) throw unavailable(path, `${expectedFile}, got another format`)
    const { tracks, refused } = await chooseTracks(mediabunny, input)
    if (tracks.length > 0) return { path, tracks, close }
    const got = refused.length > 0 ? refused.join(', ') : 'nothing that can be sent'
    throw unavailable(path, `${expectedFile}, got ${got}`)
  } catch (error) {
    await close()
    if (error instanceof RequestError) throw error
    throw unavailable(path, `${expectedFile}, got one that cannot be read`, error)
  }
}

const formatsOf = ({ MP4, QTFF, MATROSKA, WEBM, MPEG_TS, OGG, WAVE }: MediabunnyModule) => [
  MP4,
  QTFF,
  MATROSKA,
  WEBM,
  MPEG_TS,
  OGG,
  WAVE,
]

async function load(importMediabunny: () => Promise<MediabunnyModule>): Promise<MediabunnyModule> {
  try {
    return await importMediabunny()
  } catch (cause) {
    throw new RequestError(
      'ERR_MEDIA_UNAVAILABLE',
      `playing files needs the package 'mediabunny', which is not installed: npm install mediabunny`,
      { cause },
    )
  }
}

async function openFile(path: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw unavailable(path, `expected a file that can be read, got ${reason}`, cause)
  }
  const status = await handle.stat()
  if (status.isFile()) return { handle, sizeBytes: status.size }
  await handle.close()
  throw unavailable(path, 'expected a file, got a directory or device')
}

async function readExactly(
  handle: FileHandle,
  path: string,
  start: number,
  end: number,
): Promise<Uint8Array> {
  const buffer = new Uint8Array(end - start)
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled)
    if (bytesRead === 0) {
      throw unavailable(path, `expected ${end} bytes, got ${start + filled}: the file was cut`)
    }
    filled += bytesRead
  }
  return buffer
}

function unavailable(path: string, problem: string, cause?: unknown): RequestError {
  return new RequestError('ERR_MEDIA_UNAVAILABLE', `${path}: ${problem}`, {
    context: { path },
    cause,
  })
}
