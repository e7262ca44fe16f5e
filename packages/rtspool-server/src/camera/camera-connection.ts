import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from 'rtspool'
import {
  frameInterleaved,
  RtspParser,
  type RtspResponse,
  serializeRequest,
  serializeResponse,
} from 'rtspool/rtsp'
import { seededRandom } from './random.js'
import type { VirtualCamera } from './virtual-camera.js'
import {
  optionsResponse,
  refusalOf,
  responseTo,
  wireRequest,
  wireResponse,
} from './wire/messages.js'
import type { WireFilter, WireFrame, WireRequest } from './wire/wire-filter.js'

/** Virtual camera for a URL; or status code and explanation of the response if there is none. */
export type CameraLookup =
  | { readonly camera: VirtualCamera }
  | { readonly statusCode: number; readonly explanation: string }

/** Virtual cameras of `rtspool camera`, as the connection of a client uses them. */
export interface Cameras {
  readonly clock: Clock
  /** Finds the virtual camera for a request URI, and starts the camera if it is new. */
  find(uri: string): Promise<CameraLookup>
  /** Reports a refused URL to the user of the command. */
  noteRefusal(uri: string, explanation: string): void
}

/** A request whose response the client still waits for. */
interface Pending {
  readonly request: WireRequest
  /** Response that a filter gives; `undefined` = the server of the camera responds. */
  answer?: Buffer
  readonly isUnanswered?: boolean
}

/**
 * Connection of one client: a proxy that parses both directions, and lets the filters of the camera change messages and
 * frames. The first request with a path selects the camera.
 */
export class CameraConnection {
  readonly #client: Socket
  readonly #cameras: Cameras
  readonly #onClosed: () => void
  readonly #fromClient: RtspParser
  readonly #fromServer: RtspParser
  readonly #pending: Pending[] = []
  #camera: VirtualCamera | undefined
  #server: Socket | undefined
  #filters: readonly WireFilter[] = []
  #sessionId: string | undefined
  /** Requests and interleaved frames of the client that wait for the camera to start. */
  #waiting: (WireRequest | WireFrame)[] = []
  #isStarting = false
  /** True after bytes that are no RTSP: everything later goes to the server unparsed. */
  #isRaw = false

  constructor(client: Socket, cameras: Cameras, onClosed: () => void) {
    this.#client = client
    this.#cameras = cameras
    this.#onClosed = onClosed
    this.#fromClient = new RtspParser({
      request: (request) => this.#accept(wireRequest(request)),
      response: () => {},
      interleaved: (channel, payload) => this.#accept({ channel, payload: Buffer.from(payload) }),
    })
    this.#fromServer = new RtspParser({
      request: (request) => this.#client.write(serializeRequest(request)),
      response: (response) => this.#respond(response),
      interleaved: (channel, payload) => this.#sendFrame({ channel, payload }),
    })
    client.setNoDelay()
    client.on('data', (chunk: Buffer) => this.#read(chunk))
    client.on('error', () => {})
    client.on('end', () => client.end())
    client.on('drain', () => this.#server?.resume())
    client.on('close', () => this.#closed())
  }

  get camera(): VirtualCamera | undefined {
    return this.#camera
  }

  /** Closes the connection of the client, or resets it. Idempotent. */
  close(kind: 'tcp' | 'reset' = 'tcp'): void {
    // A connection inside TLS cannot be reset: it closes without the end of TLS.
    if (kind === 'reset' && !isEncrypted(this.#client)) this.#client.resetAndDestroy()
    else this.#client.destroy()
  }

  /** Ends the RTSP session that the client has set up on this connection, whatever its transport is. */
  endSession(): void {
    if (this.#sessionId !== undefined) this.#camera?.endSession(this.#sessionId)
  }

  #closed(): void {
    this.#fromClient.close()
    this.#fromServer.close()
    this.#server?.destroy()
    for (const filter of this.#filters) filter.closed?.()
    this.#filters = []
    this.#onClosed()
  }

  #read(chunk: Buffer): void {
    if (this.#isRaw) {
      this.#server?.write(chunk)
      return
    }
    try {
      this.#fromClient.push(chunk)
    } catch {
      this.#isRaw = true
      // The server explains what is wrong; without one there is nobody to ask.
      if (this.#server) this.#server.write(chunk)
      else this.close()
    }
  }

  #accept(incoming: WireRequest | WireFrame): void {
    if (!this.#camera && !this.#isStarting) {
      // Frames in front of the first request belong to no camera.
      if (!('method' in incoming)) return
      if (incoming.method === 'OPTIONS' && incoming.uri === '*') {
        this.#client.write(optionsResponse(incoming))
        return
      }
      this.#isStarting = true
      void this.#start(incoming)
    }
    if (!this.#server) this.#waiting.push(incoming)
    else this.#forward(incoming)
  }

  /** Finds the camera that a request names, and connects to its server. */
  async #start(request: WireRequest): Promise<void> {
    this.#client.pause()
    const found = await this.#cameras.find(request.uri)
    if (this.#client.destroyed) return
    if ('camera' in found) {
      if (found.camera.state.awayUntilMs > this.#cameras.clock.now()) {
        this.close('reset')
        return
      }
      this.#connect(found.camera)
    } else this.#refuse(request, found.statusCode, found.explanation)
    this.#isStarting = false
    this.#client.resume()
  }

  #refuse(request: WireRequest, statusCode: number, explanation: string): void {
    this.#cameras.noteRefusal(request.uri, explanation)
    this.#client.write(refusalOf(request, statusCode, explanation))
    const [, ...others] = this.#waiting.splice(0)
    this.#isStarting = false
    for (const each of others) this.#accept(each)
  }

  #connect(camera: VirtualCamera): void {
    this.#camera = camera
    this.#filters = camera.createFilters(this.#link(camera))
    const server = this.#openServer(camera)
    this.#server = server
    server.on('data', (chunk: Buffer) => {
      this.#fromServer.push(chunk)
      if (this.#client.writableNeedDrain) server.pause()
    })
    server.on('error', () => {})
    server.on('end', () => this.#client.end())
    server.on('close', () => this.#client.destroySoon())
    for (const each of this.#waiting.splice(0)) this.#forward(each)
  }

  /** Connects to the server of a camera; inside TLS if the client is, and the server has keys for it. */
  #openServer({ address, tlsPort }: VirtualCamera): Socket {
    const isInside = tlsPort !== undefined && isEncrypted(this.#client)
    const port = isInside ? tlsPort : address.port
    const socket = connect({ host: address.host, port, noDelay: true })
    socket.write(proxyHeader(this.#client))
    if (!isInside) return socket
    socket.on('error', () => {})
    // Our own server on this machine: its certificate is that of the command.
    return connectTls({ socket, rejectUnauthorized: false })
  }

  #link(camera: VirtualCamera) {
    const { localAddress = '', localPort = 0, remoteAddress = '' } = this.#client
    const { faults, state } = camera
    const host = plain(localAddress)
    const scheme = isEncrypted(this.#client) ? 'rtsps' : 'rtsp'
    return {
      ...{ clock: this.#cameras.clock, faults, camera: state },
      random: seededRandom(faults.seed, 5),
      clientAddress: plain(remoteAddress),
      origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${localPort}`,
      close: (kind: 'tcp' | 'reset') => this.close(kind),
      endSession: () => this.endSession(),
      closeAll: () => camera.closeConnections(),
      send: (bytes: Buffer) => void this.#client.write(bytes),
    }
  }

  #forward(incoming: WireRequest | WireFrame): void {
    if ('method' in incoming) this.#forwardRequest(incoming)
    else this.#forwardFrame(incoming)
  }

  #forwardRequest(request: WireRequest): void {
    let isUnanswered = false
    for (const [at, filter] of this.#filters.entries()) {
      const verdict = filter.request?.(request)
      if (verdict === undefined) continue
      if (verdict === 'unanswered') isUnanswered = true
      else {
        for (const earlier of this.#filters.slice(0, at)) earlier.answered?.(request)
        this.#pending.push({ request, answer: this.#finished(responseTo(request, verdict)) })
        this.#flushAnswers()
        return
      }
    }
    this.#pending.push({ request, isUnanswered })
    this.#server?.write(serializeRequest(request))
  }

  #forwardFrame(frame: WireFrame): void {
    let left: WireFrame | undefined = frame
    for (const { clientFrame } of this.#filters) {
      if (left && clientFrame) left = clientFrame(left)
    }
    if (left) this.#server?.write(frameInterleaved(left.channel, [left.payload]))
  }

  #respond(received: RtspResponse): void {
    const pending = this.#pending.shift()
    const response = wireResponse(received)
    const { request, isUnanswered } = pending ?? {}
    if (request) {
      this.#noteSession(received)
      for (const filter of this.#filters) filter.response?.(response, request)
    }
    if (!isUnanswered) this.#client.write(this.#finished(serializeResponse(response)))
    this.#flushAnswers()
  }

  #noteSession({ headers, statusCode }: RtspResponse): void {
    const id = headers.get('Session')?.split(';')[0]
    if (statusCode === 200 && id !== undefined) this.#sessionId = id
  }

  /**
   * Sends the answers of filters in the order of the requests, up to the first one that the server has yet to answer.
   */
  #flushAnswers(): void {
    for (let [next] = this.#pending; next?.answer; [next] = this.#pending) {
      this.#pending.shift()
      this.#client.write(next.answer)
    }
  }

  #finished(bytes: Buffer): Buffer {
    return this.#filters.reduce(
      (changed, { responseBytes }) => responseBytes?.(changed) ?? changed,
      bytes,
    )
  }

  #sendFrame(frame: WireFrame): void {
    let left: WireFrame | undefined = frame
    for (const filter of this.#filters) {
      if (left && filter.frame) left = filter.frame(left)
    }
    if (left) this.#client.write(frameInterleaved(left.channel, [left.payload]))
  }
}

const isEncrypted = (socket: Socket): boolean => 'encrypted' in socket

const plain = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/, '')

/** Returns a header of the PROXY protocol (version 1) with the client's address, so that the server sends UDP there. */
function proxyHeader({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  const [source, target] = [plain(remoteAddress ?? ''), plain(localAddress ?? '')]
  const family = source.includes(':') ? 'TCP6' : 'TCP4'
  return `PROXY ${family} ${source} ${target} ${remotePort ?? 0} ${localPort ?? 0}\r\n`
}
