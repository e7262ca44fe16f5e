import { fileURLToPath } from 'node:url'
import { checkBoolean, checkOptions, checkText } from '../../option-checks.js'
import type { MediaSource } from '../media-source.js'
import type { FileMediaOptions } from './file-media.js'
import { FileSource } from './file-source.js'
import { openMediaFile } from './media-file.js'

/**
 * Opens a file as a live source, for a `MediaFactory` of your own that changes its packets or its
 * description. `fileMedia` is simpler for a file as it is. Needs the package `mediabunny`.
 *
 * @param path - Path of the file, or its `file:` URL.
 * @param options - `loop` restarts the file at its end, as with `fileMedia`.
 * @throws {TypeError} The path or an option has the wrong type, or the option is unknown.
 * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE`: the file cannot be read, or has no track that can
 *   be played.
 */
export async function openFileSource(
  path: string | URL,
  options: Pick<FileMediaOptions, 'loop'> = {},
): Promise<MediaSource> {
  const filePath = path instanceof URL ? fileURLToPath(path) : path
  checkText('path', filePath)
  checkOptions('openFileSource', options, ['loop'])
  const loop = checkBoolean('loop', options.loop ?? false)
  const file = await openMediaFile(filePath)
  return new FileSource(file, { loop })
}
