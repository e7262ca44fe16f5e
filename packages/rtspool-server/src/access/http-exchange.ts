import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Receiver } from './receiver.js'

/** Maximum size of a response in bytes; a longer one counts as a failure. */
const maxAnswerBytes = 256 * 1024

/** An HTTP request to a {@link Receiver} (a configured server), such as a login request to a login hook. */
export interface HttpQuestion {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Signal that ends the request and the wait for the response when it aborts. */
  readonly signal: AbortSignal
}

/** Response to an {@link HttpQuestion}. */
export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
}

/** Maximum number of connections, and certificates to accept, of an {@link HttpExchange}. */
export interface HttpExchangeOptions {
  /** Maximum number of connections at a time. */
  readonly maxConnections: number
  /** Certificates of the accepted authorities in PEM, in place of those that Node trusts. */
  readonly ca?: string | undefined
}

/**
 * Sends HTTP requests to other servers, over its own connections, which stay open between requests.
 */
export class HttpExchange {
  readonly #http: HttpAgent
  readonly #https: HttpsAgent
  #underWay = 0
  #closesWhenIdle = false

  constructor({ maxConnections, ca }: HttpExchangeOptions) {
    const options = { keepAlive: true, maxSockets: maxConnections }
    this.#http = new HttpAgent(options)
    this.#https = new HttpsAgent(ca === undefined ? options : { ...options, ca })
  }

  /**
   * Closes all connections, as soon as no request is under way. A later request opens a new
   * connection.
   */
  close(): void {
    this.#closesWhenIdle = this.#underWay > 0
    if (this.#closesWhenIdle) return
    this.#http.destroy()
    this.#https.destroy()
  }

  /**
   * Sends a request, and returns the response.
   *
   * @throws {Error} The server cannot be reached, or its response is too long or incomplete.
   */
  async ask(receiver: Receiver, question: HttpQuestion): Promise<HttpAnswer> {
    this.#underWay++
    try {
      return await this.#askOnce(receiver, question)
    } catch (error) {
      // The other end has closed an idle connection while the request was on its way.
      if (!(error instanceof StaleConnectionError)) throw error
      return await this.#askOnce(receiver, question)
    } finally {
      this.#underWay--
      if (this.#closesWhenIdle) this.close()
    }
  }

  #askOnce({ url, headers: own }: Receiver, question: HttpQuestion): Promise<HttpAnswer> {
    const { method, headers, body, signal } = question
    const isSecure = url.startsWith('https:')
    const agent = isSecure ? this.#https : this.#http
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const options = { method, agent, signal, headers: { ...own, ...headers, ...length } }
      const request = (isSecure ? requestHttps : requestHttp)(url, options)
      request.on('response', (response) => void readAnswer(response).then(resolve, reject))
      request.on('error', (error) => {
        const isStale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
        reject(isStale ? new StaleConnectionError() : error)
      })
      request.end(body)
    })
  }
}

class StaleConnectionError extends Error {
  override name = 'StaleConnectionError'
  constructor() {
    super('the other end has closed the connection')
  }
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    size += (chunk as Buffer).length
    if (size > maxAnswerBytes) throw new Error(`the answer has more than ${maxAnswerBytes} bytes`)
    chunks.push(chunk as Buffer)
  }
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: Buffer.concat(chunks),
  }
}
