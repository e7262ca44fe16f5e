import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface ReceivedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** Status that the receiver responded with. */
  readonly status: number
}

/** Receives webhooks. */
export class WebhookReceiver {
  /** Statuses of the next responses; then 204. */
  readonly nextStatuses: number[] = []
  readonly requests: ReceivedRequest[] = []
  readonly #http: Server
  #opened: Promise<void> = Promise.resolve()

  private constructor() {
    this.#http = createServer(async (request, response) => {
      const body = await text(request)
      await this.#opened
      const status = this.nextStatuses.shift() ?? 204
      this.requests.push({ headers: request.headers, body, status })
      response.writeHead(status).end()
    })
  }

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver()
    await new Promise<void>((resolve) => receiver.#http.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/hook`
  }

  /** Events that the receiver has accepted, in order. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it expects
  get events(): readonly any[] {
    const accepted = this.requests.filter(({ status }) => status < 300)
    return accepted.map(({ body }) => JSON.parse(body))
  }

  /** Responds to nothing until the returned function is called. */
  hold(): () => void {
    let open: () => void = () => undefined
    this.#opened = new Promise((resolve) => {
      open = resolve
    })
    return open
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections()
    await new Promise((resolve) => this.#http.close(resolve))
  }
}
