import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import {
  type AcceptedConnection,
  type Clock,
  hostOf,
  type RtspServer,
  systemClock,
  type TunnelRequest,
} from 'rtspool'

/** Process as its siblings see it. */
export interface ProcessIdentity {
  /** Number of the process, from 1 on. */
  readonly number: number
  /** Number of processes of the server. */
  readonly count: number
  /** Secret that only these processes know. Other programs of the machine can reach their ports as well. */
  readonly key: string
}

const host = '127.0.0.1'
const lineEnd = 0x0a
/** First byte of a JSON object. RTSP begins with the name of a method. */
const headerStart = 0x7b
/** Maximum number of bytes in front of the first line end of a connection between processes. */
const maxHeaderBytes = 1024
/** Milliseconds within which the first line of a connection arrives, and the last bytes of a closed one leave. */
const deadlineMs = 5000

/** First line of a connection between processes: JSON with a proof and the addresses of the client. */
interface Header
  extends Pick<
    TunnelRequest,
    'isSecure' | 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'
  > {
  readonly proof: string
}

/** First line of a connection that asks for the metrics of a process. */
interface MetricsRequest {
  readonly proof: string
  readonly wants: 'metrics'
}

/** Maximum milliseconds for the metrics of another process. */
const metricsMs = 1000

/**
 * Connections between the processes of one server. A client opens an HTTP tunnel with two requests, which reach two
 * processes. Both are brought to one, which their cookie and the client's host decide.
 */
export class Siblings {
  readonly #own: ProcessIdentity
  readonly #clock: Clock
  readonly #sockets = new Set<Socket>()
  #ports: Readonly<Record<number, number>> = {}
  #server: Server | undefined
  #port = 0
  /** Returns the metrics of this process for another one; absent before it serves, and in the process that has the API. */
  metrics: (() => Promise<string>) | undefined

  constructor(own: ProcessIdentity, clock: Clock = systemClock) {
    this.#own = own
    this.#clock = clock
  }

  /** Notes the ports on which the processes listen for each other, by their numbers. */
  notePorts(ports: Readonly<Record<number, number>>): void {
    this.#ports = ports
  }

  /**
   * Opens a port for the other processes, on the loopback address. They also pull streams from it, over RTSP.
   */
  async listen(rtsp: Pick<RtspServer, 'accept'>): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#receive(socket, rtsp))
    this.#server = server
    // Exclusive, because processes of node:cluster would share the port.
    server.listen({ host, port: 0, exclusive: true })
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
  }

  /** Port of this process for the others; 0 before {@link listen}. */
  get port(): number {
    return this.#port
  }

  /** Returns the port of a process for the others; `undefined` if it is not ready. */
  portOf(number: number): number | undefined {
    return this.#ports[number] ?? (number === this.#own.number ? this.#port : undefined)
  }

  /** Passes a request of a tunnel on to the process to which it belongs. @returns False if that is this process */
  readonly takeTunnel = (request: TunnelRequest): boolean => {
    const { socket, first, isSecure, cookie } = request
    const { remoteAddress, remotePort, localAddress, localPort } = request
    const owner = ownerOf(`${hostOf(remoteAddress)} ${cookie}`, this.#own.count)
    const port = this.#ports[owner]
    if (owner === this.#own.number || port === undefined) return false
    const proof = this.#proofFor(port)
    const header: Header = { proof, isSecure, remoteAddress, remotePort, localAddress, localPort }
    const sibling = connect({ host, port, allowHalfOpen: true, noDelay: true })
    this.#keep(sibling)
    this.#keep(socket)
    socket.setTimeout(0)
    socket.setNoDelay(true)
    sibling.write(`${JSON.stringify(header)}\n`)
    sibling.write(first)
    socket.pipe(sibling)
    sibling.pipe(socket)
    socket.once('close', () => sibling.destroy())
    sibling.once('close', () => {
      socket.setTimeout(deadlineMs, () => socket.destroy())
      socket.end()
    })
    return true
  }

  /**
   * Asks all other processes for their metrics.
   *
   * @returns Texts by number of the process. A process that does not answer within a second is left out.
   */
  async othersMetrics(): Promise<Map<number, string>> {
    const others = Object.entries(this.#ports).filter(
      ([number]) => Number(number) !== this.#own.number,
    )
    const texts = await Promise.all(
      others.map(
        async ([number, port]): Promise<[number, string]> => [
          Number(number),
          await this.#metricsAt(port),
        ],
      ),
    )
    return new Map(texts.filter(([, text]) => text !== ''))
  }

  /** Returns the metrics of the process at a port; empty if it does not answer. */
  #metricsAt(port: number): Promise<string> {
    return new Promise((resolve) => {
      const request: MetricsRequest = { proof: this.#proofFor(port), wants: 'metrics' }
      const pieces: Buffer[] = []
      const socket = connect({ host, port })
      this.#keep(socket)
      const late = this.#clock.schedule(() => socket.destroy(), metricsMs, false)
      let isWhole = false
      socket.on('data', (piece) => pieces.push(piece))
      socket.once('end', () => {
        isWhole = true
      })
      socket.once('close', () => {
        late.cancel()
        resolve(isWhole ? Buffer.concat(pieces).toString() : '')
      })
      socket.write(`${JSON.stringify(request)}\n`)
    })
  }

  /** Closes the port and all connections between processes. Idempotent. */
  close(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /**
   * Returns a text by which the process at a port recognizes its siblings. Another program may get the port of a process
   * that has ended, and learns nothing for other ports.
   */
  #proofFor(port: number): string {
    return createHmac('sha256', this.#own.key).update(`sibling at port ${port}`).digest('base64url')
  }

  /** Destroys a socket at {@link close}, and at an error. */
  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
  }

  /** Reads the first line of a connection, and lets the RTSP server serve the rest. */
  #receive(socket: Socket, rtsp: Pick<RtspServer, 'accept'>): void {
    const accept: RtspServer['accept'] = (...connection) => {
      try {
        rtsp.accept(...connection)
      } catch {
        // The server does not listen yet, or closes.
        socket.destroy()
      }
    }
    let bytes: Buffer = Buffer.alloc(0)
    const refuse = (): void => void socket.destroy()
    const read = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      if (bytes[0] !== headerStart) {
        release()
        accept(socket, { first: bytes })
        return
      }
      const end = bytes.indexOf(lineEnd)
      if (end < 0 && bytes.length <= maxHeaderBytes) return
      const header = end < 0 ? undefined : this.#requestOf(bytes.toString('utf8', 0, end))
      release()
      if (header === undefined) socket.destroy()
      else if ('wants' in header) void this.#sendMetrics(socket)
      else accept(socket, { ...header, first: bytes.subarray(end + 1) })
    }
    const release = (): void => {
      late.cancel()
      socket.off('data', read).off('error', refuse)
      this.#sockets.delete(socket)
    }
    // From the beginning, however often a byte arrives.
    const late = this.#clock.schedule(refuse, deadlineMs, false)
    this.#sockets.add(socket)
    socket.once('close', () => {
      late.cancel()
      this.#sockets.delete(socket)
    })
    socket.on('data', read).on('error', refuse)
  }

  async #sendMetrics(socket: Socket): Promise<void> {
    this.#keep(socket)
    const text = await this.metrics?.().catch(() => '')
    socket.end(text ?? '')
  }

  /** Returns what the first line of a connection says besides the proof; `undefined` if no sibling has sent it. */
  #requestOf(line: string): AcceptedConnection | Omit<MetricsRequest, 'proof'> | undefined {
    try {
      const { proof, ...connection } = JSON.parse(line) as Header | MetricsRequest
      return isSame(String(proof), this.#proofFor(this.#port)) ? connection : undefined
    } catch {
      return undefined
    }
  }
}

/** Returns the number of the process to which a tunnel belongs. */
function ownerOf(tunnel: string, count: number): number {
  return 1 + (createHash('sha256').update(tunnel).digest().readUInt32BE() % count)
}

/** Compares two texts in a time that does not depend on where they differ. */
function isSame(text: string, expected: string): boolean {
  const digest = (each: string) => createHash('sha256').update(each).digest()
  return timingSafeEqual(digest(text), digest(expected))
}
