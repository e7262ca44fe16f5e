import { Answer } from './answer.js'

/** Receiver of the RTSP messages and interleaved frames that a {@link StreamReader} has parsed. */
export interface StreamSink {
  answer(answer: Answer): void
  /** Called with the start line and the CSeq of a request that the server has sent; `undefined` = no CSeq header. */
  request(startLine: string, cSeq: string | undefined): void
  frame(channel: number, payload: Buffer): void
  /** Called with a description of bytes that cannot be parsed. The reader then ignores all further bytes. */
  garbage(what: string): void
}

const dollar = 0x24
const frameHeaderBytes = 4
const maxHeadBytes = 64 * 1024
const maxBodyBytes = 4 * 1024 * 1024

/**
 * Parses the bytes that a server sends on an RTSP connection. The reader shares no code with the library's parser, so
 * that both cannot contain the same mistake. Every error in the framing is reported.
 */
export class StreamReader {
  readonly #sink: StreamSink
  #pending: Buffer = Buffer.alloc(0)
  #frames = 0
  #isBroken = false

  constructor(sink: StreamSink) {
    this.#sink = sink
  }

  push(chunk: Buffer): void {
    if (this.#isBroken) return
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    let taken = this.#readOne()
    while (taken > 0) {
      this.#pending = this.#pending.subarray(taken)
      taken = this.#isBroken ? 0 : this.#readOne()
    }
  }

  /**
   * Parses the first frame or message of the received bytes.
   *
   * @returns Its length in bytes; 0 if more bytes are needed.
   */
  #readOne(): number {
    const bytes = this.#pending
    if (bytes.length === 0) return 0
    if (bytes[0] === dollar) return this.#readFrame(bytes)
    const end = bytes.indexOf('\r\n\r\n')
    // The first bytes decide, so that a stream that has lost its framing fails at once.
    const begin = bytes.subarray(0, 32).toString('latin1')
    if (!/^[A-Z]/.test(begin)) return this.#break(`bytes that begin no message: ${show(bytes)}`)
    if (end === -1) {
      return bytes.length > maxHeadBytes ? this.#break(`${bytes.length} bytes without an end`) : 0
    }
    return this.#readMessage(bytes, end)
  }

  #readFrame(bytes: Buffer): number {
    if (bytes.length < frameHeaderBytes) return 0
    const end = frameHeaderBytes + bytes.readUInt16BE(2)
    if (bytes.length < end) return 0
    this.#frames += 1
    this.#sink.frame(bytes[1] ?? 0, Buffer.from(bytes.subarray(frameHeaderBytes, end)))
    return end
  }

  #readMessage(bytes: Buffer, end: number): number {
    const [startLine = '', ...lines] = bytes.subarray(0, end).toString('utf8').split('\r\n')
    const headers = lines.map(splitHeader)
    const broken = headers.find(([name]) => name === '')
    if (broken) return this.#break(`the header line ${show(Buffer.from(broken[1]))}`)
    const length = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? '0'
    if (!/^\d+$/.test(length) || Number(length) > maxBodyBytes) {
      return this.#break(`Content-Length ${length}`)
    }
    const bodyStart = end + 4
    const bodyEnd = bodyStart + Number(length)
    if (bytes.length < bodyEnd) return 0
    const body = Buffer.from(bytes.subarray(bodyStart, bodyEnd))
    if (/^RTSP\/\d+\.\d+ \d{3}( |$)/.test(startLine)) {
      this.#sink.answer(new Answer(startLine, headers, body, this.#frames))
    } else if (/^[A-Z_]+ \S+ RTSP\/\d/.test(startLine)) {
      const cSeq = headers.find(([name]) => name.toLowerCase() === 'cseq')?.[1]
      this.#sink.request(startLine, cSeq)
    } else {
      return this.#break(`the start line ${show(Buffer.from(startLine))}`)
    }
    return bodyEnd
  }

  #break(what: string): 0 {
    this.#isBroken = true
    this.#sink.garbage(what)
    return 0
  }
}

function splitHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return colon < 1 ? ['', line] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}

function show(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, 40).toString('latin1'))
}
