import type { Socket } from 'node:net'
import type { Clock } from '../../clock.js'
import { TransportError } from '../../errors.js'
import type { ReadHttpHead } from '../../http/index.js'
import type { WebSocketStream } from '../../transport/tunnel/websocket.js'
import {
  loadWebSocketUpgrade,
  rtspSubprotocol,
  type WebSocketUpgrade,
} from '../../transport/tunnel/websocket-upgrade.js'
import type { ConnectionCarrier } from '../connection/carrier.js'
import { MessageDeadline } from '../connection/message-deadline.js'
import type { Arrival } from './arrival.js'
import { refuseHttp } from './http-refusal.js'

/**
 * Accepts RTSP over WebSocket with the optional package `ws`, which is loaded for the first client.
 *
 * @see ONVIF Streaming Specification, RTSP over WebSocket; RFC 6455
 */
export class WebSockets {
  readonly #clock: Clock
  readonly #onOpen: (carrier: ConnectionCarrier) => void
  readonly #load: () => Promise<WebSocketUpgrade>
  #loading: Promise<WebSocketUpgrade> | undefined

  constructor(
    clock: Clock,
    onOpen: (carrier: ConnectionCarrier) => void,
    load = loadWebSocketUpgrade,
  ) {
    this.#clock = clock
    this.#onOpen = onOpen
    this.#load = load
  }

  /**
   * Loads the package `ws`.
   *
   * @throws {TransportError} `ERR_WEB_SOCKET_PACKAGE` if it cannot be loaded.
   */
  async require(): Promise<WebSocketUpgrade> {
    this.#loading ??= this.#load()
    try {
      return await this.#loading
    } catch (cause) {
      this.#loading = undefined
      throw new TransportError(
        'ERR_WEB_SOCKET_PACKAGE',
        'RTSP over WebSocket needs the package ws, which cannot be loaded: npm install ws',
        { cause },
      )
    }
  }

  /** Upgrades a connection to a WebSocket that carries RTSP, or refuses the request. */
  async take({ socket, ends }: Arrival, { head, rest }: ReadHttpHead): Promise<void> {
    const protocols = (head.headers.get('sec-websocket-protocol') ?? '').split(',')
    if (!protocols.some((protocol) => protocol.trim() === rtspSubprotocol)) {
      refuseHttp(socket, 400, `expected the subprotocol ${rtspSubprotocol}`, this.#clock)
      return
    }
    if (head.headers.get('sec-websocket-version') !== '13') {
      refuseHttp(socket, 400, 'expected Sec-WebSocket-Version 13', this.#clock)
      return
    }
    const drop = (): void => void socket.destroy()
    socket.on('error', drop)
    socket.pause()
    const upgrade = await this.require().catch(() => undefined)
    if (socket.destroyed) return
    if (!upgrade) {
      refuseHttp(socket, 501, 'RTSP over WebSocket is not installed here', this.#clock)
      return
    }
    upgrade(socket, head, rest, (stream) => {
      limitMessageTime(socket, stream, this.#clock)
      this.#onOpen({ input: stream, output: stream, socket, ends, tunnel: 'webSocket' })
    })
  }
}

/**
 * Closes a connection that takes too long to send one WebSocket message. {@link MessageDeadline}
 * cannot limit this time, because RTSP receives only complete messages.
 */
function limitMessageTime(socket: Socket, stream: WebSocketStream, clock: Clock): void {
  const progress = { isBetweenMessages: true, messageOffset: 0 }
  const deadline = new MessageDeadline(progress, clock, () => stream.destroy())
  // Runs in each turn after the stream, which has parsed the messages in these bytes by now.
  socket.on('data', () => {
    progress.isBetweenMessages = stream.receivedCount !== progress.messageOffset
    progress.messageOffset = stream.receivedCount
    deadline.update()
  })
  socket.on('close', () => deadline.cancel())
}
