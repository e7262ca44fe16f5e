import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { settle } from '../../../packages/rtspool/test/support/until.js'

/** Two sockets that a proxy connects. */
interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** TCP proxy before a socket of this machine, which cuts, hangs or delays the connections of one node. */
export class TcpProxy {
  readonly #server: Server
  readonly #target: string
  readonly #pairs = new Set<Pair>()
  #isCut = false
  /** End of the hang; `undefined` while there is none. */
  #hang: Promise<void> | undefined
  #endHang: () => void = () => {}
  /** Number of bytes that have come from both sides. */
  bytesRead = 0
  /** Milliseconds by which each part of the bytes is late. */
  delayMs = 0

  private constructor(target: string) {
    this.#target = target
    this.#server = createServer((client) => this.#accept(client))
  }

  /** Starts a proxy on a free port. @param target - Path of the Unix socket behind the proxy */
  static async start(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends all connections with a reset, and each new one at once. */
  cut(): void {
    this.#isCut = true
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }

  /** Carries nothing more, and tells nobody: what is sent meanwhile arrives after {@link pass}, as over a route that fails. */
  hang(): void {
    this.#hang ??= new Promise((resolve) => {
      this.#endHang = resolve
    })
  }

  /** Ends all faults. What is late already still arrives late, and before what follows. */
  pass(): void {
    this.#isCut = false
    this.#hang = undefined
    this.delayMs = 0
    this.#endHang()
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.#isCut) {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const server = connect(this.#target)
    const pair = { client, server }
    this.#pairs.add(pair)
    this.#carry(client, server)
    this.#carry(server, client)
    const forget = (): void => {
      if (client.destroyed && server.destroyed) this.#pairs.delete(pair)
    }
    client.on('close', forget)
    server.on('close', forget)
  }

  #carry(from: Socket, to: Socket): void {
    // The reset of one side is the end of the other.
    from.on('error', () => {})
    // One queue for each direction: nothing overtakes what came before, whatever fault begins or ends.
    let queue = Promise.resolve()
    const deliver = (part: () => void): void => {
      const dueAt = performance.now() + this.delayMs
      queue = queue.then(async () => {
        const lateMs = dueAt - performance.now()
        if (lateMs > 0) await settle(lateMs, 'a slow route')
        while (this.#hang) await this.#hang
        part()
      })
    }
    from.on('data', (bytes) => {
      this.bytesRead += bytes.length
      deliver(() => void to.write(bytes))
    })
    from.on('close', () => deliver(() => void to.end(() => to.destroy())))
  }
}
