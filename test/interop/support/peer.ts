import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const dollar = 0x24

/** One RTSP connection, over which packets flow as well. */
export class Peer {
  readonly #url: string
  readonly #socket: Socket
  readonly #onFrame: (frame: Buffer) => void
  #pending: Buffer = Buffer.alloc(0)
  #waiting: ((response: string) => void) | undefined
  #cseq = 0
  #session = ''

  private constructor(url: string, socket: Socket, onFrame: (frame: Buffer) => void) {
    this.#url = url
    this.#socket = socket
    this.#onFrame = onFrame
    socket.on('data', (chunk) => this.#take(chunk)).on('error', () => {})
  }

  static async connect(url: string, onFrame: (frame: Buffer) => void = () => {}): Promise<Peer> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port) })
    await once(socket, 'connect')
    return new Peer(url, socket, onFrame)
  }

  /** Sends a request, and throws if the response is not 200. */
  async request(method: string, control = '', headers: string[] = [], body = ''): Promise<string> {
    const response = await this.ask(method, control, headers, body)
    if (!response.startsWith('RTSP/1.0 200')) throw new Error(`${method}: ${response}`)
    this.#session ||= /^Session: *([^;\r]+)/im.exec(response)?.[1] ?? ''
    return response
  }

  /** @returns The response, whatever its status. */
  async ask(method: string, control = '', headers: string[] = [], body = ''): Promise<string> {
    const session = this.#session === '' ? [] : [`Session: ${this.#session}`]
    const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
    const lines = [`${method} ${this.#url}${control} RTSP/1.0`, `CSeq: ${++this.#cseq}`]
    this.#socket.write([...lines, ...session, ...headers, ...length, '', body].join('\r\n'))
    return new Promise<string>((resolve) => {
      this.#waiting = resolve
    })
  }

  /** @param frame - With its header of 4 bytes. */
  send(frame: Buffer): void {
    if (this.#socket.writable) this.#socket.write(frame)
  }

  /** Reads nothing until {@link resume}. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  async close(): Promise<void> {
    this.#socket.destroy()
    if (!this.#socket.closed) await once(this.#socket, 'close')
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    for (let taken = this.#takeOne(); taken > 0; taken = this.#takeOne()) {
      this.#pending = this.#pending.subarray(taken)
    }
  }

  #takeOne(): number {
    const bytes = this.#pending
    if (bytes.length < 4) return 0
    if (bytes[0] === dollar) {
      const end = 4 + bytes.readUInt16BE(2)
      if (bytes.length < end) return 0
      this.#onFrame(Buffer.from(bytes.subarray(0, end)))
      return end
    }
    const headEnd = bytes.indexOf('\r\n\r\n')
    if (headEnd < 0) return 0
    const head = bytes.toString('latin1', 0, headEnd)
    const end = headEnd + 4 + Number(/^Content-Length: *(\d+)/im.exec(head)?.[1] ?? 0)
    if (bytes.length < end) return 0
    this.#waiting?.(bytes.toString('latin1', 0, end))
    return end
  }
}
