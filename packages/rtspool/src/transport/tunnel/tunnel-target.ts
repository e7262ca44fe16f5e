import type { HttpResponseHead } from '../../http/index.js'
import type { StreamTarget } from '../tcp/open-stream.js'

/** Server and request target of a tunnel, or of a WebSocket. */
export interface HttpTunnelTarget extends StreamTarget {
  /** Path and query that each HTTP request to the server has. */
  readonly path: string
  /**
   * Returns the headers `Host`, `User-Agent`, `Authorization` and others. Called for each request, because credentials
   * may change.
   */
  readonly headersOf: (method: 'GET' | 'POST') => Readonly<Record<string, string>>
}

/** Error for a response of HTTP that refuses a tunnel or a WebSocket. */
export class TunnelRefused extends Error {
  readonly head: HttpResponseHead

  /**
   * Creates the error for the head of a refusing response.
   *
   * @param text - Beginning of the message, which ends with the status of the response.
   */
  constructor(text: string, head: HttpResponseHead) {
    super(`${text}: ${head.statusCode} ${head.reason}`)
    this.head = head
  }
}
