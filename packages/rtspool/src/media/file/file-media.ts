import { fileURLToPath } from 'node:url'
import { checkBoolean, checkOptions, checkText } from '../../option-checks.js'
import { MediaFactory } from '../media-factory.js'
import type { MediaSource } from '../media-source.js'
import { FileSource } from './file-source.js'
import { openMediaFile } from './media-file.js'
import { RepairMemory } from './repairs.js'
import { StoredFileSource } from './stored-file-source.js'

/** Options of {@link fileMedia}; all optional. */
export interface FileMediaOptions {
  /**
   * Whether the file begins again when it is over, without a gap in sequence numbers and timestamps.
   * Otherwise, after the last packet, viewers that share it leave with reason `mediaEnded`; one who does not is
   * told by RTCP BYE, and may play again.
   * @default false
   */
  readonly loop?: boolean | undefined
  /**
   * Whether all viewers of a path watch the same moment, as with a live source. Otherwise the file is read for
   * each viewer alone, from its beginning; and unless it loops, its viewer seeks, pauses and plays it again.
   * @default true
   */
  readonly shared?: boolean | undefined
  /**
   * Seconds that the file plays on after its last viewer has left; 0 = it is closed at once.
   * @default 10
   */
  readonly lingerSeconds?: number | undefined
}

export const fileMediaDefaults = Object.freeze({
  loop: false,
  shared: true,
  lingerSeconds: 10,
}) satisfies Required<FileMediaOptions>

/**
 * A factory that plays a file in real time: its first video of H.264 or H.265 and its first sound of AAC, Opus,
 * AC-3, E-AC-3, MPEG audio, linear PCM or G.711. MP4, QuickTime, Matroska, WebM, MPEG-TS, Ogg, WAVE, MP3 and ADTS files
 * are read. Needs the package `mediabunny`.
 *
 * The file is opened when somebody asks for it, so a mistake in `path` shows with the first viewer: the
 * request is answered with 503 (`ERR_MEDIA_UNAVAILABLE`, whose message says what is wrong).
 *
 * @param path - Of the file, or its `file:` URL; relative to the working directory at the time of the call that opens it.
 * @throws {RangeError} `lingerSeconds` is not a number from 0.
 * @throws {TypeError} The path or an option is of the wrong kind, or there is no such option.
 */
export function fileMedia(path: string | URL, options: FileMediaOptions = {}): MediaFactory {
  const filePath = path instanceof URL ? fileURLToPath(path) : path
  checkText('path', filePath)
  checkOptions('fileMedia', options, Object.keys(fileMediaDefaults))
  const loop = checkBoolean('loop', options.loop ?? fileMediaDefaults.loop)
  const shared = checkBoolean('shared', options.shared ?? fileMediaDefaults.shared)
  const memory = new RepairMemory()
  const createSource = async (): Promise<MediaSource> => {
    const file = await openMediaFile(filePath, { memory })
    return shared || loop ? new FileSource(file, { loop }) : StoredFileSource.create(file)
  }
  return new MediaFactory(createSource, {
    shared,
    lingerSeconds: options.lingerSeconds ?? fileMediaDefaults.lingerSeconds,
    // The query changes nothing in a file.
    sharedKey: (request) => request.path,
  })
}
