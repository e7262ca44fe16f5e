import type { Socket } from 'node:net'
import type { Clock } from '../../clock.js'
import { MalformedMessageError } from '../../errors.js'
import { Diagnostic, TellSometimes } from '../../listeners.js'
import { ProxyHeaderReader } from '../../transport/tcp/proxy-protocol.js'
import { endsOf, type TcpEnds } from '../../transport/tcp/tcp-ends.js'
import type { AddressRanges } from '../auth/address-ranges.js'
import type { Arrival } from './arrival.js'

/**
 * Milliseconds for a proxy to send its whole PROXY header. The specification asks for 3 s at least.
 */
const maxHeaderMs = 10_000

/** Socket events that end a connection before its PROXY header is complete. */
const endings = ['end', 'error', 'close']

/**
 * Message on the channel `rtspool:proxy-header-refused` about connections of trusted proxies that
 * were closed because they sent no valid PROXY header. A server publishes at most one message in 10
 * s.
 */
export interface RefusedProxyHeader {
  /** Numeric address of the proxy whose header was refused last. */
  readonly address: string
  /** Error about the PROXY header that was refused last. */
  readonly error: unknown
  /** Number of PROXY headers refused since the previous message. */
  readonly count: number
}

const proxyHeaderRefused = new Diagnostic<RefusedProxyHeader>(
  'rtspool:proxy-header-refused',
  'RTSPOOL_PROXY_HEADER_REFUSED',
  ({ address }) => `a connection of the proxy ${address} is closed: it needs a PROXY header`,
)

export interface ProxyDoorOptions {
  /** Addresses of proxies that send the PROXY protocol. Read for each connection. */
  readonly trustedProxies: AddressRanges
  readonly clock: Clock
}

/**
 * Reads the header of the PROXY protocol, with which trusted proxies begin each connection. A
 * connection without a header is closed. If headers were optional, the client behind a proxy could
 * write one.
 */
export class ProxyDoor {
  readonly #options: ProxyDoorOptions
  readonly #waiting = new Set<Socket>()
  readonly #sometimes = new TellSometimes()

  constructor(options: ProxyDoorOptions) {
    this.#options = options
  }

  /** Number of connections whose PROXY header is incomplete. */
  get size(): number {
    return this.#waiting.size
  }

  isProxy({ remoteAddress }: TcpEnds): boolean {
    return this.#options.trustedProxies.has(remoteAddress)
  }

  /**
   * Reads the PROXY header of a connection, and closes the connection if there is none.
   *
   * @param passOn - Receives the connection, and the bytes after the header if there are any.
   */
  enter(socket: Socket, passOn: (arrival: Arrival, first: Buffer | undefined) => void): void {
    const reader = new ProxyHeaderReader()
    const own = endsOf(socket)
    this.#waiting.add(socket)
    const leave = (): void => {
      this.#waiting.delete(socket)
      deadline.cancel()
      socket.off('data', receive)
      for (const event of endings) socket.off(event, cutOff)
    }
    const cutOff = (): void => {
      leave()
      socket.destroy()
    }
    const receive = (chunk: Buffer): void => {
      try {
        const header = reader.push(chunk)
        if (!header) return
        leave()
        const { ends = own, rest } = header
        passOn({ socket, ends }, rest.length > 0 ? rest : undefined)
      } catch (error) {
        if (!(error instanceof MalformedMessageError)) throw error
        this.#tell(own.remoteAddress, error)
        cutOff()
      }
    }
    const deadline = this.#options.clock.schedule(cutOff, maxHeaderMs, false)
    socket.on('data', receive)
    for (const event of endings) socket.on(event, cutOff)
  }

  /** Closes all connections whose PROXY header is incomplete. */
  close(): void {
    for (const socket of this.#waiting) socket.destroy()
  }

  #tell(address: string, error: unknown): void {
    const count = this.#sometimes.note(this.#options.clock.now())
    if (count > 0) proxyHeaderRefused.publish({ address, error, count })
  }
}
