import type { Readable } from 'node:stream'
import { MalformedMessageError } from '../../errors.js'
import { RtspParser } from '../../rtsp/index.js'

/**
 * Reads a stream on which a client may send interleaved frames only. Any other bytes destroy it.
 *
 * @param frame - Called for each frame, with a payload of 0 to 65535 bytes that is valid during the call.
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
