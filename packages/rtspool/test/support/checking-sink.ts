import type { Socket } from 'node:net'
import { settle } from './until.js'
import type { MessageReader } from './web-socket-messages.js'

const maxAnswerBytes = 200
const dollar = 0x24
const letterR = 0x52
const answerPattern = /^RTSP\/1\.0 200 OK\r\nId: (\d+)\r\nN: (\d+)$/

const fillOf = (number: number): number => number & 0x7f

/**
 * Reads a connection, and checks that it carries whole items of this reader only, with growing
 * numbers. Items are answers, RTCP (channel 1) and media (channel 0).
 */
export class CheckingSink {
  readonly violations: string[] = []
  /** Number of the last item. */
  last = 0
  items = 0
  /** True once the server has ended the connection behind a whole item. */
  hasEnded = false
  readonly #id: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(
    id: number,
    socket: Socket,
    type: 'fast' | 'halting' | 'slow',
    random: (limit: number) => number,
    messages?: MessageReader,
  ) {
    this.#id = id
    socket.on('data', (data: Buffer) => {
      this.#read(messages ? messages.read(data) : data)
      if (type === 'halting' && random(40) === 0) halt(socket, random(60))
      if (type === 'slow' && random(15) === 0) halt(socket, random(700))
    })
    socket.on('error', () => {})
    socket.on('end', () => {
      this.hasEnded = this.#rest.length === 0 && messages?.isBetweenMessages !== false
      socket.end()
    })
  }

  static packet(number: number, extraBytes: number): Buffer {
    const packet = Buffer.alloc(8 + extraBytes, fillOf(number))
    packet.writeUInt32BE(number, 0)
    packet.writeUInt32BE(0, 4)
    return packet
  }

  static rtcp(id: number, number: number, extraBytes: number): Buffer {
    const frame = Buffer.alloc(12 + extraBytes, fillOf(number))
    frame[0] = dollar
    frame[1] = 1
    frame.writeUInt16BE(frame.length - 4, 2)
    frame.writeUInt32BE(id, 4)
    frame.writeUInt32BE(number, 8)
    return frame
  }

  static answer(id: number, number: number): Buffer {
    return Buffer.from(`RTSP/1.0 200 OK\r\nId: ${id}\r\nN: ${number}\r\n\r\n`)
  }

  #read(data: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data
    let at = 0
    while (at < bytes.length && this.violations.length < 5) {
      const length = bytes[at] === dollar ? this.#frame(bytes, at) : this.#answer(bytes, at)
      if (length === 0) break
      at += length
      this.items++
    }
    this.#rest = bytes.subarray(at)
  }

  /** @returns Length of the frame; 0 while it is not complete. */
  #frame(bytes: Buffer, at: number): number {
    if (bytes.length - at < 4) return 0
    const channel = bytes[at + 1] ?? 0
    const length = bytes.readUInt16BE(at + 2)
    if (bytes.length - at < 4 + length) return 0
    const payload = bytes.subarray(at + 4, at + 4 + length)
    if (channel > 1 || length < 8) return this.#refuse(`a frame of ${length} on channel ${channel}`)
    if (channel === 1 && payload.readUInt32BE(0) !== this.#id) return this.#refuse('foreign RTCP')
    const number = payload.readUInt32BE(channel === 1 ? 4 : 0)
    for (let index = 8; index < length; index += 37) {
      if (payload[index] !== fillOf(number)) return this.#refuse('a split frame')
    }
    this.#note(number)
    return 4 + length
  }

  #answer(bytes: Buffer, at: number): number {
    if (bytes[at] !== letterR) return this.#refuse(`byte ${bytes[at]} between items`)
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end < 0) return bytes.length - at > maxAnswerBytes ? this.#refuse('a split answer') : 0
    const found = answerPattern.exec(bytes.toString('latin1', at, end))
    if (!found) return this.#refuse('a garbled answer')
    if (Number(found[1]) !== this.#id) return this.#refuse('a foreign answer')
    this.#note(Number(found[2]))
    return end + 4 - at
  }

  #note(number: number): void {
    if (number <= this.last) this.violations.push(`${number} after ${this.last}`)
    this.last = number
  }

  #refuse(violation: string): number {
    this.violations.push(violation)
    return 0
  }
}

function halt(socket: Socket, ms: number): void {
  socket.pause()
  void settle(ms, 'a reader that is slow').then(() => socket.resume())
}
