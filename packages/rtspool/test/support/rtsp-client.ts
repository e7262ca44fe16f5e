import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import {
  RtspHeaders,
  RtspParser,
  type RtspResponse,
  serializeRequest,
} from '../../src/rtsp/index.js'

export interface ClientRequest {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** A frame as it came in. */
export interface ReceivedFrame {
  readonly channel: number
  readonly payload: Buffer
}

/** A client that says exactly what a test tells it to, over a real socket. */
export class RtspTestClient {
  readonly socket: Socket
  readonly frames: ReceivedFrame[] = []
  readonly #responses: RtspResponse[] = []
  readonly #waiting: ((response: RtspResponse) => void)[] = []
  #cseq = 0
  /** Makes the Authorization header of each request that has none. */
  authorization: ((method: string, uri: string) => string) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    const parser = new RtspParser({
      request: () => {},
      response: (response) => {
        const next = this.#waiting.shift()
        if (next) next(response)
        else this.#responses.push(response)
      },
      interleaved: (channel, payload) => {
        this.frames.push({ channel, payload })
      },
    })
    socket.on('data', (chunk) => parser.push(chunk))
    socket.on('error', () => {})
    // One for each answer that is waited for.
    socket.setMaxListeners(0)
  }

  static async connect(port: number, host = '127.0.0.1', localAddress?: string) {
    // Without Nagle's delay: a second small write would wait 40 ms for the server's acknowledgement.
    const socket = connect({ port, host, noDelay: true, ...(localAddress ? { localAddress } : {}) })
    await once(socket, 'connect')
    return new RtspTestClient(socket)
  }

  /** The same inside TLS; any certificate will do. */
  static async connectTls(port: number, host = '127.0.0.1') {
    const socket = connectTls({ port, host, rejectUnauthorized: false })
    socket.setNoDelay()
    await once(socket, 'secureConnect')
    return new RtspTestClient(socket)
  }

  /** The same through a tunnel; of its stream only what every stream has may be used. */
  static over(stream: Duplex) {
    return new RtspTestClient(stream as Socket)
  }

  /** Sends a request with the next CSeq and waits for the next response. */
  async request(method: string, uri: string, { headers = {}, body }: ClientRequest = {}) {
    const all = new RtspHeaders([['CSeq', String(++this.#cseq)], ...Object.entries(headers)])
    if (this.authorization && !all.has('Authorization')) {
      all.append('Authorization', this.authorization(method, uri))
    }
    this.socket.write(
      serializeRequest({ method, uri, headers: all, ...(body === undefined ? {} : { body }) }),
    )
    return this.response()
  }

  /** Sends bytes as they are. */
  send(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  sendFrame(channel: number, payload: Buffer): void {
    const header = Buffer.from([0x24, channel, payload.length >>> 8, payload.length & 0xff])
    this.socket.write(Buffer.concat([header, payload]))
  }

  /** The next response, in order. */
  response(): Promise<RtspResponse> {
    const ready = this.#responses.shift()
    if (ready) return Promise.resolve(ready)
    return new Promise((resolve, reject) => {
      const closed = (): void => reject(new Error('the connection closed'))
      this.socket.once('close', closed)
      this.#waiting.push((response) => {
        this.socket.off('close', closed)
        resolve(response)
      })
    })
  }

  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, 'close')
  }

  async close(): Promise<void> {
    this.socket.destroy()
    await this.closed()
  }
}

/** The id in a Session header. */
export function sessionIdOf(response: RtspResponse): string {
  return (response.headers.get('Session') ?? '').split(';')[0] ?? ''
}

/** An even UDP port and the next one, with what arrives there. */
export class UdpTestPorts {
  readonly rtp: Buffer[] = []
  readonly rtcp: Buffer[] = []
  readonly rtpSocket: UdpSocket
  readonly rtcpSocket: UdpSocket
  readonly port: number
  readonly #closed = new Set<UdpSocket>()

  private constructor(rtpSocket: UdpSocket, rtcpSocket: UdpSocket) {
    this.rtpSocket = rtpSocket
    this.rtcpSocket = rtcpSocket
    this.port = rtpSocket.address().port
    for (const socket of [rtpSocket, rtcpSocket]) socket.on('close', () => this.#closed.add(socket))
    rtpSocket.on('message', (packet) => {
      this.rtp.push(packet)
    })
    rtcpSocket.on('message', (packet) => {
      this.rtcp.push(packet)
    })
  }

  static async open(address = '127.0.0.1'): Promise<UdpTestPorts> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const rtp = await bind(0, address)
      const port = rtp?.address().port ?? 1
      const rtcp = rtp && port % 2 === 0 ? await bind(port + 1, address) : undefined
      if (rtp && rtcp) return new UdpTestPorts(rtp, rtcp)
      rtp?.close()
    }
    throw new Error('no pair of UDP ports is free')
  }

  get clientPort(): string {
    return `${this.port}-${this.port + 1}`
  }

  async close(): Promise<void> {
    await Promise.all(
      [this.rtpSocket, this.rtcpSocket].map((socket) => {
        if (this.#closed.has(socket)) return undefined
        this.#closed.add(socket)
        const closed = once(socket, 'close')
        socket.close()
        return closed
      }),
    )
  }
}

async function bind(port: number, address: string): Promise<UdpSocket | undefined> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  try {
    const listening = once(socket, 'listening')
    socket.bind(port, address)
    await listening
    socket.setRecvBufferSize(4 * 1024 * 1024)
    return socket
  } catch {
    return undefined
  }
}
