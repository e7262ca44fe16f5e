import type { Socket } from 'node:net'
import {
  type AcceptedConnection,
  type Clock,
  hostOf,
  type RtspServer,
  systemClock,
  type TunnelHook,
  type TunnelRequest,
} from 'rtspool'
import type { ClusterNode } from 'rtspool/cluster'
import { isServerUrl } from './peer-connection.js'
import { headOf, keyOf, questionFor, readQuestion } from './tunnel-question.js'
import { TunnelSearch, tunnelIsElsewhere, tunnelIsHere } from './tunnel-search.js'
import { WaitingPosts } from './waiting-posts.js'

/** Options of a {@link TunnelRelay}. */
interface TunnelRelayOptions {
  readonly node: Pick<ClusterNode, 'peers'>
  /** Called with the reason why a server could not be asked, and its name or tag. */
  readonly onFailure: (why: string, server: string) => void
  /** Clock of the waits; a test passes its own. */
  readonly clock?: Clock | undefined
}

/** Milliseconds for which a server that is asked waits for the GET: the two requests of a client may overtake each other. */
const answerMs = 1000
/** Milliseconds after which the server of the POST no longer waits for answers. */
const searchMs = 1500
/** Maximum number of questions of this server that have no answer. */
const maxQuestions = 512
/** Maximum number of POSTs of one client, within {@link searchMs}, for which others are asked without success. */
const maxOfClient = 8
/** Milliseconds within which a client receives the last bytes of a server that has closed. */
const lastBytesMs = 5000

/**
 * Brings the two requests of an HTTP tunnel together that have reached two servers of a cluster. The server of the POST
 * asks all others for the GET, and passes the bytes of the POST on to the one that has it.
 *
 * ```text
 * client ── GET ──▶ server A ◀── POST and its bytes ── server B ◀── POST ── client
 * ```
 *
 * A GET stays where it is, so that media take no detour. Servers that have both requests ask nobody.
 */
export class TunnelRelay {
  readonly #options: TunnelRelayOptions
  readonly #clock: Clock
  /** Numbers of open GETs at this server by the key of their tunnel. */
  readonly #gets = new Map<string, number>()
  readonly #waiting: WaitingPosts
  /** Numbers of POSTs, by host of their client, whose GET this server looks for or has just looked for in vain. */
  readonly #clients = new Map<string, number>()
  readonly #searches = new Set<TunnelSearch>()
  readonly #sockets = new Set<Socket>()
  /** Sockets about which this class has decided. */
  readonly #decided = new WeakSet<Socket>()
  #rtsp: Pick<RtspServer, 'accept'> | undefined

  /** Passes nothing on before {@link begin}. */
  constructor(options: TunnelRelayOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#waiting = new WaitingPosts(this.#clock)
  }

  /** Sets the server that accepts the requests of this relay. */
  begin(rtsp: Pick<RtspServer, 'accept'>): void {
    this.#rtsp = rtsp
  }

  /** Hook of the option `httpTunnel`. */
  readonly take: TunnelHook = (request) => {
    const { socket, first } = request
    if (this.#rtsp === undefined || this.#decided.has(socket)) return false
    const { method, headers } = headOf(first)
    if (method === 'GET') {
      this.#noteGet(keyOf(request), socket)
      return false
    }
    // Also one that proves nothing, so that a question is never asked on.
    if (headers.has('x-relay-token')) return this.#answer(socket, headers)
    return this.#gets.has(keyOf(request)) ? false : this.#search(request)
  }

  /** Closes all connections to other servers, and those of clients that use them. Idempotent. */
  close(): void {
    this.#rtsp = undefined
    for (const search of this.#searches) search.close()
    this.#waiting.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #noteGet(key: string, socket: Socket): void {
    add(this.#gets, key, 1)
    socket.once('close', () => add(this.#gets, key, -1))
    // The server accepts the GET in this turn.
    queueMicrotask(() => this.#waiting.arrived(key))
  }

  /** Answers the question of another server, as soon as the GET is here. @returns False if no server of the cluster asks */
  #answer(socket: Socket, headers: ReadonlyMap<string, string>): boolean {
    const question = readQuestion(headers, this.#options.node.peers)
    if (question === undefined) return false
    this.#hold(socket)
    // Before the answer, the server that asks sends nothing but its end: it needs no answer any more.
    const giveUp = (): void => void socket.destroy()
    socket.once('end', giveUp).resume()
    const answer = (isHere: boolean): void => {
      socket.off('end', giveUp)
      if (isHere) {
        socket.write(tunnelIsHere)
        this.#accept(socket, question.connection)
      } else {
        socket.end(tunnelIsElsewhere)
        socket.destroySoon()
      }
    }
    // The caller of the hook gives the socket up in this turn.
    if (this.#gets.has(question.key)) queueMicrotask(() => answer(true))
    else socket.once('close', this.#waiting.add(question.key, answerMs, answer))
    return true
  }

  /** Looks for the GET of a POST at the other servers. @returns False if that is not possible */
  #search(request: TunnelRequest): boolean {
    const { peers } = this.#options.node
    const { socket, isSecure, first } = request
    const client = hostOf(request.remoteAddress)
    const servers = peers.others().flatMap(({ address: url = '', name, tag, protocol }) => {
      // What has come over TLS leaves over TLS.
      const isAllowed = isServerUrl(url) && (!isSecure || url.startsWith('rtsps:'))
      return isAllowed && protocol > 1 ? [{ url, server: name ?? tag, tag }] : []
    })
    const asked = [...this.#searches].reduce((sum, { size }) => sum + size, 0)
    const isMuch =
      asked + servers.length > maxQuestions || (this.#clients.get(client) ?? 0) >= maxOfClient
    if (servers.length === 0 || isMuch) return false
    // Signed for those alone that are asked: a flood of POSTs costs no signatures.
    const questions = servers.map(({ tag, ...server }) => ({
      ...server,
      bytes: questionFor(request, peers, tag),
    }))
    this.#hold(socket)
    add(this.#clients, client, 1)
    const free = (): void => add(this.#clients, client, -1)
    let isOver = false
    /** @returns False if the search was over already */
    const end = (): boolean => {
      if (isOver) return false
      isOver = true
      search.close()
      return this.#searches.delete(search)
    }
    // The GET may come here, or nowhere: the server then accepts the POST, or refuses it.
    const giveBack = (): void => {
      if (end()) this.#accept(socket, request)
    }
    const search = new TunnelSearch(questions, {
      found: (server) => {
        end()
        withdraw()
        free()
        this.#join(socket, first, server)
      },
      missed: giveBack,
      failed: this.#options.onFailure,
    })
    this.#searches.add(search)
    // A POST in vain counts until then, also one that ends before, so that no client has others asked without end.
    const withdraw = this.#waiting.add(keyOf(request), searchMs, () => {
      free()
      giveBack()
    })
    socket.once('close', end)
    return true
  }

  /** Reads nothing from a socket until it is decided who gets the bytes. */
  #hold(socket: Socket): void {
    this.#decided.add(socket)
    socket.pause().setTimeout(0)
    this.#keep(socket)
  }

  /** Destroys a socket at {@link close}, and at an error. */
  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #accept(socket: Socket, connection: AcceptedConnection): void {
    this.#sockets.delete(socket)
    // The server would count a closed connection for ever.
    if (socket.destroyed) return
    // The server may pause the socket again in this turn.
    socket.resume()
    try {
      this.#rtsp?.accept(socket, connection)
      if (this.#rtsp === undefined) socket.destroy()
    } catch {
      // The server does not listen yet, or closes.
      socket.destroy()
    }
  }

  /** Passes the bytes of a POST on to the server of the GET, and the bytes of that server back, until one of both closes. */
  #join(socket: Socket, first: Buffer, server: Socket): void {
    this.#keep(server)
    socket.setNoDelay(true)
    server.write(first)
    socket.pipe(server)
    server.pipe(socket)
    socket.once('close', () => server.destroy())
    server.once('close', () => {
      socket.setTimeout(lastBytesMs, () => socket.destroy())
      socket.end()
    })
    if (socket.destroyed) server.destroy()
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
