import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Transport } from './publishers.js'

/** How a viewer leaves; the last two say nothing on the wire. */
export type Leaving = 'teardown' | 'close' | 'reset' | 'vanish'

/** Receives each RTP packet of a viewer. */
export type OnRtp = (packet: Buffer) => void

/** A viewer that speaks just enough RTSP to watch all tracks, cheap enough for hundreds in one process. */
export class Viewer {
  /** RTP packets and interleaved frames that arrived. */
  packets = 0
  readonly #url: string
  readonly #login: readonly string[]
  readonly #transport: Transport
  readonly #socket: Socket
  readonly #onRtp: OnRtp
  readonly #udp: UdpSocket[] = []
  #pending: Buffer = Buffer.alloc(0)
  /** Resolvers of the requests that wait for a response, by CSeq. */
  readonly #waiting = new Map<number, (response: string) => void>()
  #cseq = 0
  #sessionId = ''

  private constructor(url: string, transport: Transport, socket: Socket, onRtp: OnRtp) {
    this.#onRtp = onRtp
    const { username, password } = new URL(url)
    const credentials = Buffer.from(`${username}:${password}`).toString('base64')
    this.#login = username === '' ? [] : [`Authorization: Basic ${credentials}`]
    this.#url = url.replace(`${username}:${password}@`, '')
    this.#transport = transport
    this.#socket = socket
    socket.on('data', (chunk) => this.#received(chunk))
    socket.on('error', () => {})
  }

  /**
   * Connects, and plays every track.
   *
   * @param url - With user and password for Basic authentication.
   */
  static async join(url: string, transport: Transport, onRtp: OnRtp = () => {}): Promise<Viewer> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) })
    await once(socket, 'connect')
    const viewer = new Viewer(url, transport, socket, onRtp)
    await viewer.#orRelease(viewer.#play())
    return viewer
  }

  /** Shows that it is there, without waiting for the answer. */
  keepAlive(): void {
    this.#write('OPTIONS', this.#url, [])
  }

  async leave(how: Leaving): Promise<void> {
    if (how === 'teardown') await this.#orRelease(this.#request('TEARDOWN', this.#url))
    this.#closePorts()
    if (how === 'vanish') {
      // The connection stays open, as if the power had failed: nothing is read or sent any more.
      this.#socket.pause()
      return
    }
    if (how === 'reset') this.#socket.resetAndDestroy()
    else this.#socket.end()
    await this.closed()
  }

  /** Frees what a vanished viewer still holds on this side. */
  async closed(): Promise<void> {
    this.#socket.resume()
    if (!this.#socket.writableEnded) this.#socket.destroy()
    if (!this.#socket.closed) await once(this.#socket, 'close')
  }

  /** Frees everything when a dialogue fails, so that the next test counts nothing of it. */
  async #orRelease(dialogue: Promise<unknown>): Promise<void> {
    try {
      await dialogue
    } catch (error) {
      this.#closePorts()
      this.#socket.destroy()
      throw error
    }
  }

  #closePorts(): void {
    for (const socket of this.#udp.splice(0)) socket.close()
  }

  async #play(): Promise<void> {
    const description = await this.#request('DESCRIBE', this.#url)
    const controls = [...description.matchAll(/^a=control:(track\S+)/gm)].map(([, name]) => name)
    for (const [index, control] of controls.entries()) {
      const offer =
        this.#transport === 'tcp'
          ? `RTP/AVP/TCP;unicast;interleaved=${2 * index}-${2 * index + 1}`
          : `RTP/AVP;unicast;client_port=${await this.#openPorts()}`
      const response = await this.#request('SETUP', `${this.#url}/${control}`, [
        `Transport: ${offer}`,
      ])
      this.#sessionId = /^Session: *([^;\r]+)/im.exec(response)?.[1] ?? ''
    }
    await this.#request('PLAY', this.#url)
  }

  async #openPorts(): Promise<string> {
    for (;;) {
      const rtp = await bind(0)
      const port = rtp?.address().port ?? 1
      const rtcp = rtp && port % 2 === 0 ? await bind(port + 1) : undefined
      if (rtp && rtcp) {
        rtp.on('message', (packet) => {
          this.packets++
          this.#onRtp(packet)
        })
        this.#udp.push(rtp, rtcp)
        return `${port}-${port + 1}`
      }
      rtp?.close()
      rtcp?.close()
    }
  }

  async #request(method: string, uri: string, headers: readonly string[] = []): Promise<string> {
    const cseq = this.#cseq + 1
    let closed = (): void => {}
    const answered = new Promise<string>((resolve, reject) => {
      this.#waiting.set(cseq, resolve)
      closed = () => reject(new Error(`${method}: the connection was closed`))
      this.#socket.once('close', closed)
    })
    this.#write(method, uri, headers)
    const response = await answered.finally(() => this.#socket.off('close', closed))
    if (!response.startsWith('RTSP/1.0 200')) throw new Error(`${method}: ${response}`)
    return response
  }

  #write(method: string, uri: string, headers: readonly string[]): void {
    const session = this.#sessionId === '' ? [] : [`Session: ${this.#sessionId}`]
    const own = [`CSeq: ${++this.#cseq}`, ...this.#login, ...session]
    const lines = [`${method} ${uri} RTSP/1.0`, ...own, ...headers]
    if (this.#socket.writable) this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  }

  #received(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    let taken = this.#takeOne()
    while (taken > 0) {
      this.#pending = this.#pending.subarray(taken)
      taken = this.#takeOne()
    }
  }

  /** @returns Bytes of the first frame or response, 0 while it is not whole. */
  #takeOne(): number {
    const bytes = this.#pending
    if (bytes.length < 4) return 0
    if (bytes[0] === 0x24) {
      const length = 4 + bytes.readUInt16BE(2)
      if (bytes.length < length) return 0
      this.packets++
      if ((bytes[1] as number) % 2 === 0) this.#onRtp(bytes.subarray(4, length))
      return length
    }
    const headEnd = bytes.indexOf('\r\n\r\n')
    if (headEnd < 0) return 0
    const head = bytes.toString('latin1', 0, headEnd)
    const end = headEnd + 4 + Number(/^Content-Length: *(\d+)/im.exec(head)?.[1] ?? 0)
    if (bytes.length < end) return 0
    const cseq = Number(/^CSeq: *(\d+)/im.exec(head)?.[1])
    this.#waiting.get(cseq)?.(bytes.toString('latin1', 0, end))
    this.#waiting.delete(cseq)
    return end
  }
}

async function bind(port: number): Promise<UdpSocket | undefined> {
  const socket = createSocket('udp4')
  try {
    const listening = once(socket, 'listening')
    socket.bind(port, '127.0.0.1')
    await listening
    return socket
  } catch {
    return undefined
  }
}
