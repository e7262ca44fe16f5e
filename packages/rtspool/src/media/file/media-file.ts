import { type FileHandle, open } from 'node:fs/promises'
import type * as Mediabunny from 'mediabunny'
import { RequestError } from '../../errors.js'
import type { Origin } from './beginnings.js'
import { isCutOff } from './container-end.js'
import { announceLeftOut } from './file-failure.js'
import { FileInputs, type MediabunnyModule } from './file-inputs.js'
import type { FileView } from './file-view.js'
import { RepairMemory } from './repairs.js'
import { chooseTracks } from './tracks/choose-tracks.js'
import type { FileTrack } from './tracks/file-track.js'

/** An open file, and its one or two tracks that are sent. */
export interface MediaFile {
  readonly path: string
  readonly tracks: readonly FileTrack[]
  /** Closes the file; pending reads reject. Idempotent. */
  close(): Promise<void>
}

const expectedFile =
  'expected an MP4, QuickTime, Matroska, WebM, MPEG-TS, Ogg, WAVE, MP3 or ADTS file with a track of H.264, H.265, ' +
  'AAC, Opus, AC-3, E-AC-3, MPEG audio, linear PCM of up to 24 bits or G.711'

/**
 * Opens a file, and chooses the first video and the first sound that can be sent. Parts of the file that cannot be
 * sent are published on `rtspool:file-left-out`.
 *
 * @param options.importMediabunny - Function that loads the optional package.
 * @param options.renewalBytes - See {@link OpenMediaFileOptions}.
 * @param options.memory - Results of examining the file earlier.
 * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE`: the file does not exist, is no media file or has no track to send,
 *   or the package is missing.
 */
export async function openMediaFile(
  path: string,
  {
    importMediabunny = () => import('mediabunny'),
    memory = new RepairMemory(),
    renewalBytes,
  }: OpenMediaFileOptions = {},
): Promise<MediaFile> {
  const mediabunny = await load(importMediabunny)
  const { handle, identity, file } = await openFile(path)
  let inputs: FileInputs | undefined
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= Promise.resolve()
      .then(() => inputs?.close())
      .finally(() => handle.close())
    return closing
  }
  try {
    const repair = await memory.repairOf(file, identity)
    const view = repair.present(file)
    inputs = new FileInputs(mediabunny, view, renewalBytes)
    const input = inputs.open()
    if (!(await input.canRead())) throw unavailable(path, `${expectedFile}, got another format`)
    const format = await input.getFormat()
    await input.getTracks()
    const renewal = inputs.renewalFor(format)
    const facts = { origin: originOf(mediabunny, format), isCutOff: await isCutOff(view), renewal }
    const { tracks, refused } = await chooseTracks(mediabunny, input, facts)
    const leftOut = [...repair.leftOut, ...refused.map((track) => `a track of ${track}`)]
    if (tracks.length > 0) {
      if (memory.isNews(leftOut)) announceLeftOut(path, leftOut)
      return { path, tracks, close }
    }
    const got = refused.length > 0 ? refused.join(', ') : 'nothing that can be sent'
    throw unavailable(path, `${expectedFile}, got ${got}`)
  } catch (error) {
    await close()
    if (error instanceof RequestError) throw error
    throw unavailable(path, `${expectedFile}, got one that cannot be read`, error)
  }
}

/** Dependencies of {@link openMediaFile}, and results of examining the file earlier. */
export interface OpenMediaFileOptions {
  readonly importMediabunny?: () => Promise<MediabunnyModule>
  readonly memory?: RepairMemory
  /** Bytes of a track of an MPEG-TS file after which its input is renewed. @default 32 MiB or more */
  readonly renewalBytes?: number | undefined
}

function originOf(
  { IsobmffInputFormat, MpegTsInputFormat }: MediabunnyModule,
  format: Mediabunny.InputFormat,
): Origin {
  if (format instanceof IsobmffInputFormat) return 'editList'
  return format instanceof MpegTsInputFormat ? 'firstUnit' : 'zero'
}

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

interface OpenFile {
  readonly handle: FileHandle
  /**
   * Text that changes when the file is replaced, grows or is modified. Results of an earlier examination are used only
   * if the text is the same.
   */
  readonly identity: string
  readonly file: FileView
}

async function openFile(path: string): Promise<OpenFile> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw unavailable(path, `expected a file that can be read, got ${reason}`, cause)
  }
  const status = await handle.stat()
  if (status.isFile()) {
    const { dev, ino, size, mtimeMs } = status
    const file: FileView = {
      sizeBytes: size,
      read: (start, end) => readExactly(handle, path, start, end),
    }
    return { handle, identity: [dev, ino, size, mtimeMs].join(' '), file }
  }
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
