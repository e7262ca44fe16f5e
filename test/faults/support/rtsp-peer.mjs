/** A client for victims and attackers: just enough RTSP, cheap enough for thousands in one process. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { digestOf } from './digest.mjs'

/** Bytes of `$`, channel and length in front of an interleaved frame (RFC 2326 section 10.12). */
const frameHeaderBytes = 4
const dollar = 0x24
const endOfHead = Buffer.from('\r\n\r\n')

/**
 * One RTSP request as bytes.
 *
 * @param {string} method
 * @param {string} uri
 * @param {Readonly<Record<string, string | number>>} [headers]
 * @param {string | Buffer} [body]
 */
export function requestBytes(method, uri, headers = {}, body = '') {
  const length = Buffer.byteLength(body)
  const all = { CSeq: 1, ...headers, ...(length > 0 && { 'Content-Length': length }) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`${method} ${uri} RTSP/1.0\r\n${lines.join('')}\r\n`),
    Buffer.from(body),
  ])
}

/** A connection that waits for the answer to each request, and gives interleaved frames away. */
export class RtspPeer {
  /** @type {(channel: number, payload: Buffer) => void} */
  onFrame = () => {}
  /** Interleaved bytes that fit no frame: a peer that is still in step has none. */
  misaligned = 0
  /** @type {{ user: string, password: string } | undefined} */
  credentials
  /** Head of the last 401. */
  #challenge = ''
  #pending = Buffer.alloc(0)
  #waiting = []
  #cseq = 0

  constructor(socket) {
    this.socket = socket
    socket.setNoDelay()
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection closed'))
    })
  }

  /**
   * @param {{ host: string, port: number, localAddress?: string | undefined, timeoutMs?: number }} to
   * @throws {Error} When the connection is refused, or not there in time.
   */
  static async connect({ timeoutMs = 10_000, ...to }) {
    const socket = connect({ ...to, noDelay: true })
    const late = setTimeout(() => socket.destroy(new Error('no connection in time')), timeoutMs)
    try {
      await once(socket, 'connect')
    } finally {
      clearTimeout(late)
    }
    return new RtspPeer(socket)
  }

  /** Sends a request, and once more with credentials where the server asks for them and there are some. */
  async request(method, uri, headers = {}, body = '') {
    if (!this.credentials) return this.#send(method, uri, headers, body)
    const withDigest = () =>
      this.#challenge === ''
        ? headers
        : { ...headers, Authorization: digestOf(this.#challenge, method, uri, this.credentials) }
    const answer = await this.#send(method, uri, withDigest(), body)
    if (answer.status !== 401) return answer
    this.#challenge = answer.head
    return this.#send(method, uri, withDigest(), body)
  }

  /** @returns The answer to this request; requests may be sent before earlier ones are answered. */
  #send(method, uri, headers, body) {
    const answered = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
    if (this.socket.destroyed) this.#waiting.pop()?.reject(new Error('the connection is closed'))
    else this.socket.write(requestBytes(method, uri, { CSeq: ++this.#cseq, ...headers }, body))
    return answered
  }

  /** @throws {Error} When the answer is not 200. */
  async expectOk(method, uri, headers = {}, body = '') {
    const answer = await this.request(method, uri, headers, body)
    if (answer.status !== 200) throw new Error(`${method} ${uri}: ${answer.status}`)
    return answer
  }

  sendFrame(channel, payload) {
    const header = Buffer.from([dollar, channel, payload.length >>> 8, payload.length & 0xff])
    this.socket.write(Buffer.concat([header, payload]))
  }

  close() {
    this.socket.destroy()
  }

  #receive(chunk) {
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk
    for (;;) {
      const size = rest[0] === dollar ? this.#frame(rest) : this.#message(rest)
      if (size === 0) break
      rest = rest.subarray(size)
    }
    this.#pending = Buffer.from(rest)
  }

  /** @returns Bytes taken, 0 when the frame is not whole yet. */
  #frame(bytes) {
    if (bytes.length < frameHeaderBytes) return 0
    const end = frameHeaderBytes + bytes.readUInt16BE(2)
    if (bytes.length < end) return 0
    this.onFrame(bytes[1], bytes.subarray(frameHeaderBytes, end))
    return end
  }

  #message(bytes) {
    const headEnd = bytes.indexOf(endOfHead)
    if (headEnd === -1) return 0
    const head = bytes.toString('latin1', 0, headEnd)
    if (!head.startsWith('RTSP/1.0 ')) this.misaligned++
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
    const end = headEnd + endOfHead.length + length
    if (bytes.length < end) return 0
    const body = bytes.toString('utf8', headEnd + endOfHead.length, end)
    this.#waiting.shift()?.resolve({ status: Number(head.slice(9, 12)), head, body })
    return end
  }
}

/** The id in a Session header. */
export const sessionIdOf = ({ head }) => /^session: *([^;\r\n]+)/im.exec(head)?.[1] ?? ''
