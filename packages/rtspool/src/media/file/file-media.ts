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
   * Restarts the file at its end, without a gap in sequence numbers and timestamps. Otherwise the
   * file ends after its last packet. Sessions that share it then end with reason `mediaEnded`. A
   * viewer that does not share it gets an RTCP BYE and may play again.
   * @default false
   */
  readonly loop?: boolean | undefined
  /**
   * Shows all viewers of a path the same moment, as in a live stream. Otherwise each viewer gets
   * the file from its beginning and, unless it loops, can seek, pause and play again.
   * @default true
   */
  readonly shared?: boolean | undefined
  /**
   * Seconds for which the file plays on after its last viewer has left; 0 = the file is closed at
   * once.
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
 * Returns a factory that plays a file in real time: its first video (H.264 or H.265) and its first
 * sound. Sound is AAC, Opus, AC-3, E-AC-3, MPEG audio, linear PCM or G.711. It reads MP4,
 * QuickTime, Matroska, WebM, MPEG-TS, Ogg, WAVE, MP3 and ADTS. Needs the package `mediabunny`.
 *
 * The file is opened on request, so a mistake in `path` shows with the first viewer. The server
 * then responds 503 (`ERR_MEDIA_UNAVAILABLE`), and the message of the error gives the reason.
 *
 * @param path - Path of the file, or its `file:` URL; relative to the working directory at the time
 *   of opening.
 * @throws {RangeError} `lingerSeconds` is not a number from 0.
 * @throws {TypeError} The path or an option has the wrong type, or the option is unknown.
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
    // The query does not change which file is played.
    sharedKey: (request) => request.path,
  })
}
