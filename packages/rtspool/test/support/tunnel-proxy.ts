import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Base64Stream } from '../../src/http/index.js'
import { closeAfterTest } from './open-things.js'

const tunnelOk = 'HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n'

/** Answer of a {@link TunnelProxy} to a request; `undefined` opens the tunnel. */
export type TunnelAnswer = (head: string, count: number) => string | undefined

/** A server of HTTP that passes the bytes of a tunnel on to a camera, or answers as a test says. */
export class TunnelProxy {
  /** Heads of all requests, in order. */
  readonly heads: string[] = []
  readonly posts: Socket[] = []
  readonly #sockets: Socket[] = []
  readonly #server = createServer((socket) => this.#serve(socket))
  readonly #answer: TunnelAnswer
  readonly #cameraPort: number
  #camera: Socket | undefined

  private constructor(cameraPort: number, answer: TunnelAnswer) {
    this.#cameraPort = cameraPort
    this.#answer = answer
  }

  /** Starts a proxy on the loopback; closed after the test. */
  static async start(
    camera: { readonly port: number },
    answer: TunnelAnswer = () => undefined,
  ): Promise<TunnelProxy> {
    const proxy = new TunnelProxy(camera.port, answer)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    closeAfterTest(proxy)
    return proxy
  }

  /** URL without user and password. */
  get url(): string {
    const { port } = this.#server.address() as { readonly port: number }
    return `rtsp://127.0.0.1:${port}/cam?a=b`
  }

  /** Number of connections so far. */
  get connections(): number {
    return this.#sockets.length
  }

  /** True once the client has closed all connections. */
  get isLeft(): boolean {
    return this.#sockets.every(({ closed }) => closed)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', (bytes) => {
      const end = bytes.indexOf('\r\n\r\n') + 4
      const head = bytes.toString('latin1', 0, end)
      this.heads.push(head)
      const answer = this.#answer(head, this.heads.length)
      if (answer !== undefined) socket.end(answer, 'latin1')
      else if (head.startsWith('GET')) this.#openGet(socket)
      else this.#openPost(socket, bytes.subarray(end))
    })
  }

  #openGet(socket: Socket): void {
    socket.write(tunnelOk)
    const camera = connect(this.#cameraPort, '127.0.0.1')
    this.#camera = camera
    this.#sockets.push(camera)
    camera.on('error', () => undefined)
    camera.pipe(socket)
    socket.on('close', () => camera.destroy())
  }

  #openPost(socket: Socket, first: Buffer): void {
    this.posts.push(socket)
    const decoder = new Base64Stream()
    const receive = (bytes: Buffer): void => void this.#camera?.write(decoder.push(bytes))
    receive(first)
    socket.on('data', receive)
  }
}
