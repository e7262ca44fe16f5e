import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Base64Stream } from '../../src/http/index.js'
import { loadWebSocketUpgrade } from '../../src/transport/tunnel/websocket-upgrade.js'
import { mutate, type SeededRandom } from '../rtsp/mutate.js'
import { ownHost } from './hostile-server.js'
import { testCertificate } from './test-server.js'

const tunnelOk = 'HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n'
const refusals = [
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n',
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n',
  'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n',
  'HTTP/1.1 500\r\n\r\n',
  `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(3000)}`,
  'RTSP/1.0 200 OK\r\n\r\n',
]

type Upgrade = Awaited<ReturnType<typeof loadWebSocketUpgrade>>

/**
 * Leads tunnels and TLS to a hostile server, or answers at random itself: refuses, mutates, breaks off.
 *
 * ```text
 *  client ⇄ TLS, HTTP tunnel or WebSocket ⇄ door ⇄ hostile server
 * ```
 */
export class HostileDoor {
  /** Everything that clients have sent outside of the tunnel: heads of HTTP requests. */
  received = ''
  readonly sockets: Socket[] = []
  readonly #random: SeededRandom
  readonly #targetPort: number
  readonly #upgrade: Upgrade
  readonly #server: Server
  readonly #tlsServer: Server
  /** Connection to the hostile server of the last GET, for its POST. */
  #inner: Socket | undefined

  private constructor(target: { readonly port: number }, random: SeededRandom, upgrade: Upgrade) {
    this.#random = random
    this.#targetPort = target.port
    this.#upgrade = upgrade
    const serve = (socket: Socket): void => this.#serve(socket)
    // The clock of a test does not wait for Nagle's algorithm.
    this.#server = createServer({ noDelay: true }, serve)
    const { key, cert } = testCertificate('first')
    const inside = { key: Buffer.from(key), cert: Buffer.from(cert), noDelay: true }
    this.#tlsServer = createTlsServer(inside, serve).on('tlsClientError', () => undefined)
    this.#tlsServer.on('connection', (socket: Socket) => this.sockets.push(socket))
  }

  static async start(target: { readonly port: number }, random: SeededRandom) {
    const door = new HostileDoor(target, random, await loadWebSocketUpgrade())
    for (const server of [door.#server, door.#tlsServer]) {
      server.listen(0, ownHost)
      await once(server, 'listening')
    }
    return door
  }

  get port(): number {
    return (this.#server.address() as { readonly port: number }).port
  }

  get tlsPort(): number {
    return (this.#tlsServer.address() as { readonly port: number }).port
  }

  /** Forgets the clients before. */
  begin(): void {
    this.received = ''
    for (const socket of this.sockets.splice(0)) socket.destroy()
  }

  async close(): Promise<void> {
    this.begin()
    for (const server of [this.#server, this.#tlsServer]) {
      server.close()
      await once(server, 'close')
    }
  }

  #serve(socket: Socket): void {
    this.sockets.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', (bytes: Buffer) => {
      if (!/^(GET|POST) /.test(bytes.toString('latin1', 0, 5))) {
        this.#join(socket).write(bytes)
        return
      }
      const end = bytes.indexOf('\r\n\r\n') + 4
      const head = bytes.toString('latin1', 0, end)
      this.received += head
      if (this.#random.below(5) === 0) this.#refuse(socket)
      else if (/^upgrade:/im.test(head)) this.#openWebSocket(socket, head, bytes.subarray(end))
      else if (head.startsWith('GET')) this.#openGet(socket)
      else this.#openPost(socket, bytes.subarray(end))
    })
  }

  #refuse(socket: Socket): void {
    const refusal = Buffer.from(this.#random.pick(refusals), 'latin1')
    socket.write(this.#random.below(2) ? refusal : mutate([refusal], this.#random))
    if (this.#random.below(3) === 0) socket.destroy()
  }

  /** Connects to the hostile server, whose bytes go to the socket as they are. */
  #join(socket: Socket): Socket {
    const inner = this.#open(() => socket.destroy())
    inner.pipe(socket).pipe(inner)
    return inner
  }

  #open(onClosed: () => void): Socket {
    const inner = connect({ port: this.#targetPort, host: ownHost, noDelay: true })
    inner.on('error', () => undefined)
    inner.on('close', onClosed)
    return inner
  }

  #openGet(socket: Socket): void {
    socket.write(tunnelOk)
    const inner = this.#open(() => socket.destroy())
    this.#inner = inner
    inner.pipe(socket)
    socket.on('close', () => inner.destroy())
  }

  #openPost(socket: Socket, first: Buffer): void {
    const decoder = new Base64Stream()
    const receive = (bytes: Buffer): void => {
      if (this.#inner?.writable) this.#inner.write(decoder.push(bytes))
    }
    receive(first)
    socket.on('data', receive)
    this.#inner?.on('close', () => socket.destroy())
  }

  #openWebSocket(socket: Socket, head: string, rest: Buffer): void {
    const [line = '', ...lines] = head.trimEnd().split('\r\n')
    const [method = '', target = ''] = line.split(' ')
    const headers = lines.map((each): [string, string] => {
      const colon = each.indexOf(':')
      return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()]
    })
    this.#upgrade(socket, { method, target, headers } as never, rest, (stream) => {
      const inner = this.#open(() => stream.destroy())
      stream.on('error', () => inner.destroy())
      stream.on('close', () => inner.destroy())
      inner.pipe(stream).pipe(inner)
      // Bytes that are no frames of a WebSocket.
      if (this.#random.below(6) === 0) socket.write(Buffer.from([0xff, this.#random.below(256)]))
    })
  }
}
