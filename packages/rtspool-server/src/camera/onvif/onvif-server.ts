import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from 'rtspool'
import type { Faults } from '../faults.js'
import { type OnvifCall, type OnvifVideo, type Operations, servicePaths } from './call.js'
import { type DeviceFacts, deviceOperations, openOperations } from './device-service.js'
import { type EventFacts, eventOperations, subscriptionOperations } from './event-service.js'
import { type LoginVerdict, OnvifLogin, type OnvifUser } from './login.js'
import { mediaOperations } from './media-service.js'
import { PullPoints } from './pull-points.js'
import { parseSoap, SoapFault, type SoapRequest, soapEnvelope, soapFault } from './soap.js'

/** Maximum bytes of the body of a request to an ONVIF service. */
const maxBodyBytes = 65_536

/** Picture of a camera as a file, and the media type of the file. */
export interface OnvifSnapshot {
  readonly contentType: string
  readonly bytes: Buffer
}

/** Virtual cameras, as the ONVIF services use them. */
export interface OnvifCameras {
  readonly clock: Clock
  readonly user: OnvifUser
  /** TCP port of RTSP in the stream URLs that clients get. */
  readonly rtspPort: number
  readonly videos: readonly OnvifVideo[]
  /** Parses the query of a URL to the faults of a camera. @throws {Error} Says which fault does not fit. */
  faultsOf(query: string): Faults
  /** Returns whether a camera with these faults sends no events now, as a quirk demands. */
  isMuted(faults: Faults): Promise<boolean>
  /** Takes a picture of the camera at a path and query. @throws {Error} Says why there is no picture. */
  snapshot(path: string, query: string, signal: AbortSignal): Promise<OnvifSnapshot>
}

/** Answers ONVIF requests over HTTP for all cameras: the query of each URL names the faults. */
export class OnvifServer {
  readonly #cameras: OnvifCameras
  readonly #server: Server
  readonly #login: OnvifLogin
  readonly #events: EventFacts
  readonly #services: ReadonlyMap<string, Operations>

  constructor(cameras: OnvifCameras, device: DeviceFacts) {
    this.#cameras = cameras
    const { clock, user, videos } = cameras
    const unixTimeMs = (): number => clock.unixTimeMs()
    this.#login = new OnvifLogin(user, clock)
    const source = videos[0]?.token ?? 'none'
    const isMuted = (faults: Faults) => cameras.isMuted(faults)
    this.#events = { points: new PullPoints(clock), source, unixTimeMs, isMuted }
    this.#services = new Map([
      [servicePaths.device, deviceOperations(device)],
      [servicePaths.media, mediaOperations(videos)],
      [servicePaths.events, eventOperations(this.#events)],
    ])
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** Opens the port; 0 = any free one. @throws The error of the operating system. */
  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Closes the port, all connections and all event subscriptions. Idempotent. */
  async close(): Promise<void> {
    this.#events.points.close()
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController()
    response.once('close', () => left.abort())
    const { path, query } = partsOf(request.url ?? '')
    try {
      const faults = this.#cameras.faultsOf(query.slice(1))
      const origins = this.#originsOf(request)
      const place = { ...origins, query, faults, signal: left.signal }
      if (path.startsWith(`${servicePaths.snapshot}/`)) {
        await this.#sendSnapshot(path.slice(servicePaths.snapshot.length), place, request, response)
      } else await this.#answerSoap(path, place, request, response)
    } catch (error) {
      send(response, 400, textType, `${messageOf(error)}\n`)
    }
  }

  async #sendSnapshot(
    path: string,
    { faults, query, signal }: Place,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const verdict = faults.auth === 'none' ? 'accepted' : this.#httpVerdict(faults, request)
    if (verdict !== 'accepted') {
      this.#challenge(verdict, faults, response)
      return
    }
    if (!this.#cameras.videos.some((video) => video.path === path)) {
      send(response, 404, textType, `no camera has a picture at ${path}\n`)
      return
    }
    try {
      const { contentType, bytes } = await this.#cameras.snapshot(path, query.slice(1), signal)
      send(response, 200, contentType, bytes)
    } catch (error) {
      send(response, 503, textType, `${messageOf(error)}\n`)
    }
  }

  async #answerSoap(
    path: string,
    place: Place,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const message = parseSoap(await bodyOf(request))
      const verdict = this.#verdictOn(message, place.faults, request)
      if (verdict !== 'accepted') {
        this.#challenge(verdict, place.faults, response)
        return
      }
      const operation = this.#operationsAt(path)[message.operation as keyof Operations]
      if (!operation) throw unknownOperation(message.operation)
      const call: OnvifCall = { ...place, parameters: message.parameters }
      const content = await operation(call)
      const name = `${message.operation}Response`
      const body = `<${name}>${content}</${name}>`
      send(response, 200, soapType, soapEnvelope(body, message.messageId))
    } catch (error) {
      const fault =
        error instanceof SoapFault ? error : new SoapFault('Receiver', [], messageOf(error))
      send(response, fault.side === 'Sender' ? 400 : 500, soapType, soapFault(fault))
    }
  }

  #operationsAt(path: string): Operations {
    const operations = this.#services.get(path)
    if (operations) return operations
    const id = path.startsWith(servicePaths.subscription)
      ? path.slice(servicePaths.subscription.length)
      : ''
    const point = this.#events.points.find(id)
    if (point) return subscriptionOperations(this.#events, point)
    const expected = `${[...this.#services.keys()].join(', ')} or the URL of a subscription`
    throw new SoapFault('Sender', ['ter:InvalidArgVal'], `expected ${expected}, got ${path}`)
  }

  /**
   * Checks whether a request may go on: by its token, or by its Authorization header.
   *
   * @throws {SoapFault} `ter:NotAuthorized` for a wrong token.
   */
  #verdictOn(message: SoapRequest, faults: Faults, request: IncomingMessage): LoginVerdict {
    if (faults.auth === 'none' || openOperations.includes(message.operation)) return 'accepted'
    const verdict = this.#login.checkToken(message.header)
    if (verdict === 'wrong') {
      const reason = 'expected a fresh UsernameToken with the digest of the password'
      throw new SoapFault('Sender', ['ter:NotAuthorized'], reason)
    }
    return verdict === 'accepted' ? verdict : this.#httpVerdict(faults, request)
  }

  #httpVerdict({ auth }: Faults, { headers, method = '', url: target = '' }: IncomingMessage) {
    return this.#login.checkHttp(auth, { authorization: headers.authorization, method, target })
  }

  #challenge(verdict: RefusedLogin, { auth }: Faults, response: ServerResponse): void {
    const isStale = verdict === 'stale'
    response.setHeader('WWW-Authenticate', [...this.#login.challenges(auth, isStale)])
    const fault = new SoapFault('Sender', ['ter:NotAuthorized'], refusals[verdict])
    send(response, 401, soapType, soapFault(fault))
  }

  #originsOf({ socket }: IncomingMessage) {
    const { localAddress = '', localPort = 0 } = socket
    const plain = localAddress.replace(/^::ffff:(?=[\d.]+$)/, '')
    const host = plain.includes(':') ? `[${plain}]` : plain
    return {
      origin: `http://${host}:${localPort}`,
      rtspOrigin: `rtsp://${host}:${this.#cameras.rtspPort}`,
    }
  }
}

type RefusedLogin = Exclude<LoginVerdict, 'accepted'>

/** Reason of a 401 by verdict. */
const refusals: Readonly<Record<RefusedLogin, string>> = {
  missing: 'expected a login, got none',
  stale: 'expected a fresh nonce, got an old one',
  wrong: 'expected the login of the camera, got another',
}

/** Facts of a request that do not depend on its body. */
type Place = Omit<OnvifCall, 'parameters'>

const textType = 'text/plain; charset=utf-8'
const soapType = 'application/soap+xml; charset=utf-8'

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  if (response.destroyed) return
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

const unknownOperation = (operation: string): SoapFault =>
  new SoapFault('Receiver', ['ter:ActionNotSupported'], `${operation} is not supported here`)

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

/** Splits a request target into its path and its query with `?`. */
function partsOf(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?')
  return at < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, at), query: target.slice(at) }
}

/**
 * Reads the body of a request to its end, so that the client then reads the response.
 *
 * @throws {SoapFault} `ter:InvalidArgVal` for a body that is too long.
 */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request) {
    sizeBytes += chunk.length
    if (sizeBytes <= maxBodyBytes) chunks.push(chunk)
  }
  if (sizeBytes <= maxBodyBytes) return Buffer.concat(chunks).toString()
  const reason = `expected at most ${maxBodyBytes} bytes, got ${sizeBytes}`
  throw new SoapFault('Sender', ['ter:InvalidArgVal'], reason)
}
