import type { Readable } from 'node:stream'
import { MalformedMessageError } from '../../errors.js'
import { RtspParser } from '../../rtsp/index.js'

/**
 * Reads interleaved frames from a stream on which a client may send nothing else. Other bytes make
 * the function destroy the stream.
 *
 * @param frame - Called for each frame. The payload has 0 to 65535 bytes, and is valid during the
 *   call.
 * @see RFC 2326 section 10.12
 */
export function readFramesOnly(
  stream: Readable,
  frame: (channel: number, payload: Buffer) => void,
): void {
  const refuse = (): void => void stream.destroy()
  const parser = new RtspParser({ request: refuse, response: refuse, interleaved: frame })
  stream.on('close', () => parser.close())
  stream.on('data', (chunk: Buffer) => {
    try {
      parser.push(chunk)
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      refuse()
    }
  })
}
