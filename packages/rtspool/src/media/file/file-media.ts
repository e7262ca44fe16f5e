import { MediaFactory } from '../media-factory.js'
import { FileSource } from './file-source.js'
import { openMediaFile } from './media-file.js'

/** Options of {@link fileMedia}; all optional. */
export interface FileMediaOptions {
  /**
   * Whether the file begins again when it is over, without a gap in sequence numbers and timestamps.
   * Otherwise its viewers leave with reason `mediaEnded` after the last packet.
   * @default false
   */
  readonly loop?: boolean | undefined
  /**
   * Whether all viewers of a path watch the same moment. Otherwise each one gets the file from its
   * beginning, read for it alone.
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
 * A factory that plays a file in real time: its first video of H.264 or H.265 and its first sound of AAC, Opus
 * or G.711. MP4, QuickTime, Matroska, WebM, MPEG-TS, Ogg and WAVE files are read. Needs the package `mediabunny`.
 *
 * The file is opened when somebody asks for it, so a mistake in `path` shows with the first viewer: the
 * request is answered with 503 (`ERR_MEDIA_UNAVAILABLE`, whose message says what is wrong).
 *
 * @param path - Of the file; relative to the working directory at the time of the call that opens it.
 * @throws {RangeError} `lingerSeconds` is not a number from 0.
 */
export function fileMedia(path: string, options: FileMediaOptions = {}): MediaFactory {
  const loop = options.loop ?? fileMediaDefaults.loop
  return new MediaFactory(async () => new FileSource(await openMediaFile(path), { loop }), {
    shared: options.shared ?? fileMediaDefaults.shared,
    lingerSeconds: options.lingerSeconds ?? fileMediaDefaults.lingerSeconds,
    // The query changes nothing in a file.
    sharedKey: (request) => request.path,
  })
}
