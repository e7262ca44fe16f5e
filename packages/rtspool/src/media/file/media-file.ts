import { type FileHandle, open } from 'node:fs/promises'
import type * as Mediabunny from 'mediabunny'
import { RequestError } from '../../errors.js'
import { aacFileTrack } from './aac-file-track.js'
import type { AccessUnit, FileTrack, ReadTrack } from './file-track.js'
import { h264FileTrack } from './h264-file-track.js'

/** An open file and the tracks of it that can be sent: one or two. */
export interface MediaFile {
  readonly path: string
  readonly tracks: readonly FileTrack[]
  /** Closes the file; reads that are under way reject. Idempotent. */
  close(): Promise<void>
}

/** What is kept of the file in memory, beside what has been read and not yet sent. */
const cacheBytes = 1024 * 1024
const expectedFile = 'expected an MP4, QuickTime or Matroska file with an H.264 or AAC track'

type MediabunnyModule = typeof Mediabunny

/**
 * Opens a file and chooses its first H.264 and its first AAC track.
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
    formats: [mediabunny.MP4, mediabunny.QTFF, mediabunny.MATROSKA],
  })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= Promise.resolve()
      .then(() => input.dispose())
      .finally(() => handle.close())
    return closing
  }
  try {
    return { path, tracks: await chooseTracks(mediabunny, input, path), close }
  } catch (error) {
    await close()
    if (error instanceof RequestError) throw error
    throw unavailable(path, `${expectedFile}, got one that cannot be read`, error)
  }
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

async function chooseTracks(
  mediabunny: MediabunnyModule,
  input: Mediabunny.Input,
  path: string,
): Promise<FileTrack[]> {
  if (!(await input.canRead())) throw unavailable(path, `${expectedFile}, got another format`)
  let video: FileTrack | undefined
  let audio: FileTrack | undefined
  const unsupported: string[] = []
  for (const track of await input.getTracks()) {
    const codec = await track.getCodec()
    if (track.isVideoTrack() && codec === 'avc') video ??= await readVideo(mediabunny, track)
    else if (track.isAudioTrack() && codec === 'aac') audio ??= await readAudio(mediabunny, track)
    else unsupported.push(`${track.type} ${codec ?? 'of an unknown codec'}`)
  }
  const tracks = [video, audio].filter((track) => track !== undefined)
  if (tracks.length > 0) return tracks
  const got = unsupported.length > 0 ? unsupported.join(', ') : 'nothing that can be sent'
  throw unavailable(path, `${expectedFile}, got ${got}`)
}

async function readVideo(
  mediabunny: MediabunnyModule,
  track: Mediabunny.InputVideoTrack,
): Promise<FileTrack | undefined> {
  const description = bytesOf((await track.getDecoderConfig())?.description)
  const units = await readTrack(mediabunny, track)
  return description && units ? h264FileTrack(units, description) : undefined
}

async function readAudio(
  mediabunny: MediabunnyModule,
  track: Mediabunny.InputAudioTrack,
): Promise<FileTrack | undefined> {
  const description = bytesOf((await track.getDecoderConfig())?.description)
  const units = await readTrack(mediabunny, track)
  if (!description || !units) return undefined
  return aacFileTrack(units, description, await track.getNumberOfChannels())
}

/** `undefined` for a track without access units. */
async function readTrack(
  { EncodedPacketSink }: MediabunnyModule,
  track: Mediabunny.InputTrack,
): Promise<ReadTrack | undefined> {
  const sink = new EncodedPacketSink(track)
  if (!(await sink.getFirstPacket({ metadataOnly: true }))) return undefined
  async function* accessUnits(): AsyncGenerator<AccessUnit> {
    for (
      let packet = await sink.getFirstPacket();
      packet !== null;
      packet = await sink.getNextPacket(packet)
    ) {
      const { data: bytes, timestamp: seconds, duration: durationSeconds } = packet
      yield { bytes, isKey: packet.type === 'key', seconds, durationSeconds }
    }
  }
  return { endSeconds: await track.computeDuration(), accessUnits }
}

function bytesOf(source: ArrayBufferView | ArrayBufferLike | undefined): Uint8Array | undefined {
  if (source === undefined) return undefined
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
}

function unavailable(path: string, problem: string, cause?: unknown): RequestError {
  return new RequestError('ERR_MEDIA_UNAVAILABLE', `${path}: ${problem}`, {
    context: { path },
    cause,
  })
}
