import type { Socket } from 'node:net'
import { connectToServer } from './peer-connection.js'

/** Question to one server, whether it has the GET of a tunnel. */
export interface TunnelQuestion {
  /** URL of the server, without a path. */
  readonly url: string
  /** Name or tag of the server, for messages. */
  readonly server: string
  /** Head of the HTTP request that asks. */
  readonly bytes: Buffer
}

/** Receivers of what a {@link TunnelSearch} finds. Of `found` and `missed`, one is called, and once. */
interface TunnelSearchOptions {
  /** Called with the connection to the server that has the GET. The receiver owns the socket. */
  readonly found: (socket: Socket) => void
  /** Called when every server has answered that it does not have the GET, or could not be reached. */
  readonly missed: () => void
  /** Called with the reason for which a server could not be asked. */
  readonly failed: (why: string, server: string) => void
}

/** Response of the server that has the GET. Bytes of the client follow it in both directions. */
export const tunnelIsHere = 'HTTP/1.1 101 Switching Protocols\r\n\r\n'
/** Response of a server that does not have the GET. */
export const tunnelIsElsewhere =
  'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
/** Maximum number of bytes of a response. A server without tunnels explains its refusal in its response. */
const maxResponseBytes = 4096

/** Search for the server that has the GET of a tunnel: each server has one question, all at the same time. */
export class TunnelSearch {
  readonly #options: TunnelSearchOptions
  readonly #open = new Set<Socket>()

  /** Asks at least one server. No answer is handled in the same turn. */
  constructor(questions: readonly TunnelQuestion[], options: TunnelSearchOptions) {
    this.#options = options
    for (const question of questions) this.#ask(question)
  }

  /** Number of questions without an answer. */
  get size(): number {
    return this.#open.size
  }

  /** Discards all answers to come; nothing is called any more. Idempotent. */
  close(): void {
    for (const socket of this.#open) socket.destroy()
    this.#open.clear()
  }

  #ask({ url, server, bytes }: TunnelQuestion): void {
    const { found, missed, failed } = this.#options
    const socket = connectToServer(url)
    this.#open.add(socket)
    let text = ''
    const end = (why?: string): void => {
      socket.destroy()
      // The search is over, or this question is answered.
      if (!this.#open.delete(socket)) return
      if (why !== undefined) failed(why, server)
      if (this.#open.size === 0) missed()
    }
    const closed = (): void => end('the server has closed the connection')
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (text === tunnelIsHere) {
        socket.pause().off('data', read).off('close', closed)
        this.#open.delete(socket)
        this.close()
        found(socket)
      } else if (text.includes('\r\n\r\n')) end(refusalIn(text))
      else if (text.length > maxResponseBytes) end('the response is too long')
    }
    socket.on('data', read)
    socket.on('error', (error) => end(error.message))
    socket.on('close', closed)
    socket.write(bytes)
  }
}

/** @returns `undefined` for the response of a server that does not have the GET */
function refusalIn(text: string): string | undefined {
  const [status = ''] = text.split('\r\n')
  return /^HTTP\/1\.[01] 404 /.test(status) ? undefined : `the server has answered ${status}`
}
