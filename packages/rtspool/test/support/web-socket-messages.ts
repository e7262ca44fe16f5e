import { Writable } from 'node:stream'
import type { MessageOutput } from '../../src/transport/tcp/message-header.js'

/** Takes whole unmasked messages apart (RFC 6455 section 5.2). Throws an error for anything else. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)

  /** True if no message has been begun. */
  get isBetweenMessages(): boolean {
    return this.#rest.length === 0
  }

  /** Reads bytes, and returns the payloads of the messages that they complete, joined. */
  read(bytes: Buffer): Buffer {
    let rest = Buffer.concat([this.#rest, bytes])
    const payloads: Buffer[] = []
    for (let size = sizesOf(rest); size && rest.length >= size.end; size = sizesOf(rest)) {
      payloads.push(rest.subarray(size.start, size.end))
      rest = rest.subarray(size.end)
    }
    this.#rest = rest
    return Buffer.concat(payloads)
  }
}

/** Returns the first and last offset of the payload; `undefined` while the header is not complete. */
function sizesOf(bytes: Buffer): { start: number; end: number } | undefined {
  if (bytes.length < 2) return undefined
  if (bytes[0] !== 0x82) throw new Error(`expected a binary message, got ${bytes[0]}`)
  const short = bytes[1] ?? 0
  if (short > 127) throw new Error('expected no mask')
  if (short < 126) return { start: 2, end: 2 + short }
  if (short === 126) {
    if (bytes.length < 4) return undefined
    const length = bytes.readUInt16BE(2)
    if (length < 126) throw new Error(`${length} needs 7 bits`)
    return { start: 4, end: 4 + length }
  }
  if (bytes.length < 10) return undefined
  const length = Number(bytes.readBigUInt64BE(2))
  if (length < 65_536) throw new Error(`${length} needs 16 bits`)
  return { start: 10, end: 10 + length }
}

/** A WebSocket without close frames on a stream: its end is the end of the stream. */
export function bareWebSocket(socket: Writable): MessageOutput {
  const output = new Writable({
    final: (done) => {
      socket.end()
      done()
    },
  })
  return Object.assign(output, { writeBy: () => {} })
}
