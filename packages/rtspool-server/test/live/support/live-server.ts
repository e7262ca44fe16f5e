import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MediaFactory, RtspServer, type RtspServerOptions } from 'rtspool'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type LiveClaimant, LiveEndpoint, type LiveOptions } from '../../../src/live/index.js'
import type { PictureSource } from './picture-source.js'

export const cameraPath = '/live/door'

/** A server with one camera, and an HTTP server for its live picture; both are closed after the test. */
export class LiveServer {
  readonly server: RtspServer
  readonly live: LiveEndpoint
  readonly #http = createServer()

  static async start(
    source: PictureSource,
    live: LiveOptions = {},
    options: RtspServerOptions = {},
  ): Promise<LiveServer> {
    const started = new LiveServer(source, live, options)
    onTestFinished(() => started.#close())
    await started.server.listen()
    await new Promise<void>((resolve) => {
      started.#http.listen(0, '127.0.0.1', resolve)
    })
    return started
  }

  private constructor(source: PictureSource, live: LiveOptions, options: RtspServerOptions) {
    this.server = new RtspServer({ port: 0, host: '127.0.0.1', udpPorts: false, ...options })
    this.server.mounts.add(cameraPath, new MediaFactory(() => source))
    this.live = new LiveEndpoint(this.server, live)
    this.#http.on('upgrade', (request, socket, head) => {
      this.live.handleUpgrade(request, socket, head)
    })
  }

  get authority(): string {
    return `127.0.0.1:${(this.#http.address() as AddressInfo).port}`
  }

  /** Watches as a browser does. */
  watch(
    claimant: LiveClaimant = { path: cameraPath },
    options: { readonly origin?: string; readonly ticket?: string } = {},
  ): LiveBrowser {
    const ticket = options.ticket ?? this.live.tickets.issue(claimant)
    const { origin } = options
    const protocols = ['rtspool.live', `ticket.${ticket}`]
    const headers = { 'user-agent': 'test browser' }
    const socket = new WebSocket(`ws://${this.authority}/live`, protocols, {
      ...(origin === undefined ? {} : { origin }),
      headers,
    })
    const browser = new LiveBrowser(socket)
    onTestFinished(() => socket.terminate())
    return browser
  }

  async #close(): Promise<void> {
    this.live.close()
    await this.server.close()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}

/** A client of the live picture, and all that it received. */
export class LiveBrowser {
  readonly socket: WebSocket
  readonly texts: { readonly tracks: readonly { readonly id: number; readonly mime: string }[] }[] =
    []
  readonly boxes: { readonly track: number; readonly bytes: Buffer }[] = []
  /** Code and reason of the end, or status of the refusal. */
  end: string | undefined

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) this.texts.push(JSON.parse(data.toString()))
      else this.boxes.push({ track: data[0] ?? -1, bytes: data.subarray(1) })
    })
    socket.on('close', (code, reason) => {
      this.end ??= `${code} ${reason}`
    })
    socket.on('unexpected-response', (_, response) => {
      this.end = `HTTP ${response.statusCode}`
      response.destroy()
      socket.terminate()
    })
    socket.on('error', () => {})
  }

  /** Types of the first box of each message of a track. */
  typesOf(track: number): string[] {
    return this.#of(track).map((bytes) => bytes.toString('latin1', 4, 8))
  }

  fragmentsOf(track: number): Buffer[] {
    return this.#of(track).filter((bytes) => bytes.toString('latin1', 4, 8) === 'moof')
  }

  #of(track: number): Buffer[] {
    return this.boxes.filter((each) => each.track === track).map(({ bytes }) => bytes)
  }
}
