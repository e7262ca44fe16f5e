import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { createWebSocketStream, WebSocket } from 'ws'
import type { RtspServer } from '../../src/index.js'
import { closeAfterTest } from './open-things.js'
import { RtspTestClient } from './rtsp-client.js'

export const tunnelType = 'application/x-rtsp-tunnelled'

/** Joins lines with CRLF, and adds the empty line after them. */
export const httpHead = (...lines: string[]): string => [...lines, '', ''].join('\r\n')

/** A connection that sends what a test specifies, and keeps all received bytes. */
export class HttpTestClient {
  readonly socket: Socket
  received = Buffer.alloc(0)
  #onBytes: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
      this.#onBytes?.()
    })
    socket.on('close', () => this.#onBytes?.())
  }

  /** Connects inside TLS; accepts any certificate. */
  static async connectTls(server: RtspServer): Promise<HttpTestClient> {
    const { address, port } = server.tlsAddress()
    const socket = connectTls({ port, host: address, rejectUnauthorized: false })
    const client = new HttpTestClient(socket)
    closeAfterTest(client)
    await once(socket, 'secureConnect')
    return client
  }

  static async connect(server: RtspServer, localAddress?: string): Promise<HttpTestClient> {
    const { address, port } = server.address()
    const socket = connect({ port, host: address, ...(localAddress ? { localAddress } : {}) })
    const client = new HttpTestClient(socket)
    closeAfterTest(client)
    await once(socket, 'connect')
    return client
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes)
  }

  /**
   * Returns the status of the response once its head is complete; `undefined` if the connection
   * closes first.
   */
  async status(): Promise<number | undefined> {
    while (!this.received.includes('\r\n\r\n') && !this.socket.closed) {
      await new Promise<void>((resolve) => {
        this.#onBytes = resolve
      })
    }
    const status = /^HTTP\/1\.[01] (\d{3}) /.exec(this.received.toString('latin1'))?.[1]
    return status === undefined ? undefined : Number(status)
  }

  async closed(): Promise<void> {
    // Not events.once: a reset is a normal end here.
    if (!this.socket.closed) await new Promise((resolve) => this.socket.on('close', resolve))
  }

  async close(): Promise<void> {
    this.socket.destroy()
    await this.closed()
  }
}

/** Builds the GET head of a tunnel; {@link postHead} builds the POST head. */
export const getHead = (cookie: string, version = '1.1') =>
  httpHead(
    `GET /cam HTTP/${version}`,
    `x-sessioncookie: ${cookie}`,
    `Accept: ${tunnelType}`,
    'Pragma: no-cache',
    'Cache-Control: no-cache',
  )
export const postHead = (cookie: string, version = '1.1') =>
  httpHead(
    `POST /cam HTTP/${version}`,
    `x-sessioncookie: ${cookie}`,
    `Content-Type: ${tunnelType}`,
    'Content-Length: 32767',
    'Expires: Sun, 9 Jan 1972 00:00:00 GMT',
  )

export interface TunnelEnds {
  readonly get: HttpTestClient
  readonly post: HttpTestClient
}

/**
 * Opens both halves of a tunnel.
 *
 * @param version - FFmpeg sends 1.1, GStreamer 1.0.
 * @param connectTo - Opens each of the two connections.
 */
export async function openTunnel(
  server: RtspServer,
  cookie = 'a-cookie-of-22-letters',
  version = '1.1',
  connectTo: (server: RtspServer) => Promise<HttpTestClient> = HttpTestClient.connect,
): Promise<TunnelEnds> {
  const get = await connectTo(server)
  get.send(getHead(cookie, version))
  if ((await get.status()) !== 200) throw new Error(`GET: ${get.received}`)
  const post = await connectTo(server)
  post.send(postHead(cookie, version))
  return { get, post }
}

/** Splits a client's base64: by default each write is encoded separately. */
export type Encode = (bytes: Buffer) => Iterable<string>
const eachByItself: Encode = (bytes) => [bytes.toString('base64')]

/** Creates an RTSP client over a tunnel. */
export function rtspThrough({ get, post }: TunnelEnds, encode = eachByItself): RtspTestClient {
  const headEnd = get.received.indexOf('\r\n\r\n') + 4
  const stream = new Duplex({
    read: () => {},
    write: (bytes: Buffer, _, callback) => {
      for (const piece of encode(bytes)) post.send(piece)
      callback()
    },
    destroy: (error, callback) => {
      get.socket.destroy()
      post.socket.destroy()
      callback(error)
    },
  })
  stream.push(get.received.subarray(headEnd))
  get.socket.on('data', (chunk) => stream.push(chunk))
  get.socket.on('close', () => stream.destroy())
  return RtspTestClient.over(stream)
}

/** Opens a WebSocket that has not sent anything yet. */
export async function openWebSocket(
  server: RtspServer,
  { protocol = 'rtsp.onvif.org', headers = {}, isSecure = false } = {},
): Promise<WebSocket> {
  const { address, port } = isSecure ? server.tlsAddress() : server.address()
  const url = `${isSecure ? 'wss' : 'ws'}://${address}:${port}/any/path`
  const options = { headers, rejectUnauthorized: false, perMessageDeflate: true }
  const socket = new WebSocket(url, protocol === '' ? [] : [protocol], options)
  closeAfterTest({ close: async () => socket.terminate() })
  await once(socket, 'open')
  return socket
}

export function rtspOver(socket: WebSocket): RtspTestClient {
  const stream = createWebSocketStream(socket)
  // The other half would stay open otherwise.
  stream.on('end', () => stream.destroy())
  return RtspTestClient.over(stream)
}
