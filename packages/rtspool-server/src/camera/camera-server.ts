import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { type Clock, systemClock } from 'rtspool'
import { CameraConnection, type CameraLookup, type Cameras } from './camera-connection.js'
import { type Faults, noFaults } from './faults.js'
import { FaultError, parseFaults } from './parse-faults.js'
import { type CameraUser, VirtualCamera } from './virtual-camera.js'

/** Port, key and certificate for RTSP over TLS. */
export interface CameraTls {
  /** Port for RTSP over TLS; 0 = any free one. */
  readonly port: number
  /** Private key in PEM. */
  readonly key: Buffer
  /** Certificate in PEM. */
  readonly cert: Buffer
  /**
   * Offers TLS 1.0 and 1.1 with RSA key exchange only, as old firmware does. The key is an RSA key.
   * @default false
   */
  readonly isOld?: boolean
}

/** Options of a {@link CameraServer}; all optional but the files. */
export interface CameraServerOptions {
  /** Media files by the URL path at which a virtual camera plays them. */
  readonly files: ReadonlyMap<string, string>
  /** Port for RTSP; 0 = any free one. @default 8554 */
  readonly port?: number
  /** Address on which the camera server listens. @default '127.0.0.1' */
  readonly host?: string
  /** Faults of all URLs, unless their query says otherwise. @default none */
  readonly faults?: Faults
  /** Port, key and certificate for RTSP over TLS. @default no TLS */
  readonly tls?: CameraTls | undefined
  /** Name and password that the cameras accept. @default admin, camera */
  readonly user?: CameraUser
  /**
   * Maximum number of virtual cameras: each path with other faults is one, on a port of its own. Above the maximum, a
   * camera that nobody uses closes; if all are in use, the URL is refused.
   * @default 256
   */
  readonly maxCameras?: number
  /** Called with each refused URL. @default nothing is reported */
  readonly onRefused?: (uri: string, explanation: string) => void
  /** Clock of faults and sessions, which tests replace. @default the clock of the machine */
  readonly clock?: Clock
}

/** Default login of virtual cameras. */
export const defaultUser: CameraUser = Object.freeze({ name: 'admin', password: 'camera' })
export const defaultHost = '127.0.0.1'
export const defaultPort = 8554

const defaultMaxCameras = 256

/** TLS of old firmware: suites without a key exchange of Diffie-Hellman, which RFC 8446 has dropped. */
const oldTls: TlsOptions = {
  ...({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const),
  ciphers: 'AES128-SHA:AES256-SHA:@SECLEVEL=0',
}

/**
 * RTSP server of imitated cameras, with which recorders and clients are tested. It creates a camera for each path and
 * set of faults that the query of a client's URL names.
 */
export class CameraServer implements Cameras {
  readonly clock: Clock
  readonly #options: CameraServerOptions
  readonly #listener: Server
  readonly #tlsListener: Server | undefined
  readonly #connections = new Set<CameraConnection>()
  readonly #cameras = new Map<string, Promise<VirtualCamera>>()

  constructor(options: CameraServerOptions) {
    this.clock = options.clock ?? systemClock
    this.#options = options
    this.#listener = createServer((socket) => this.#admit(socket))
    this.#tlsListener = options.tls && this.#createTlsListener(options.tls)
  }

  /** Opens the ports for RTSP, and for RTSP over TLS if `tls` is set. @throws The error of the operating system. */
  async listen(): Promise<void> {
    const { port = defaultPort, host = defaultHost, tls } = this.#options
    await listenOn(this.#listener, port, host)
    if (!this.#tlsListener || !tls) return
    try {
      await listenOn(this.#tlsListener, tls.port, host)
    } catch (error) {
      this.#listener.close()
      throw error
    }
  }

  address(): AddressInfo {
    return this.#listener.address() as AddressInfo
  }

  /** Returns the port of RTSP over TLS; `undefined` without TLS. */
  get tlsPort(): number | undefined {
    const address = this.#tlsListener?.address()
    return (address as AddressInfo | null | undefined)?.port
  }

  async find(uri: string): Promise<CameraLookup> {
    const { path, query } = partsOf(uri)
    const { files, faults: defaults = noFaults } = this.#options
    const file = files.get(path)
    if (file === undefined) {
      const explanation = `expected one of the paths ${[...files.keys()].join(', ')}, got another`
      return { statusCode: 404, explanation }
    }
    try {
      const faults = parseFaults(query, defaults)
      return { camera: await this.#camera(path, file, faults) }
    } catch (error) {
      if (error instanceof FaultError) return { statusCode: 400, explanation: error.message }
      const reason = error instanceof Error ? error.message : String(error)
      return { statusCode: 503, explanation: `the camera cannot start: ${reason}` }
    }
  }

  noteRefusal(uri: string, explanation: string): void {
    this.#options.onRefused?.(uri, explanation)
  }

  /** Returns whether a client has the back channel (sound to the camera) of a camera with these faults open. */
  async hasBackChannel(faults: Faults): Promise<boolean> {
    const key = JSON.stringify(faults)
    for (const [each, opening] of this.#cameras) {
      if (each.endsWith(` ${key}`) && (await opening).state.backChannels.size > 0) return true
    }
    return false
  }

  /** Closes the ports, all connections of clients and all cameras. Idempotent. */
  async close(): Promise<void> {
    const closed = [this.#listener, this.#tlsListener].map(closeListener)
    for (const connection of this.#connections) connection.close()
    await Promise.all(closed)
    const cameras = [...this.#cameras.values()].map(async (camera) => (await camera).close())
    // A camera that could not start has told its client so.
    await Promise.allSettled(cameras)
  }

  #createTlsListener({ key, cert, isOld = false }: CameraTls): Server {
    const options = { key, cert, ...(isOld ? oldTls : {}) }
    const listener = createTlsServer(options, (socket) => this.#admit(socket))
    return listener.on('tlsClientError', () => {})
  }

  #admit(socket: Socket): void {
    const connection = new CameraConnection(socket, this, () => {
      this.#connections.delete(connection)
    })
    this.#connections.add(connection)
  }

  async #camera(path: string, file: string, faults: Faults): Promise<VirtualCamera> {
    const key = `${path} ${JSON.stringify(faults)}`
    const { maxCameras = defaultMaxCameras } = this.#options
    if (!this.#cameras.has(key) && this.#cameras.size >= maxCameras) await this.#closeIdleCamera()
    return this.#cameras.get(key) ?? this.#openCamera(key, path, file, faults)
  }

  #openCamera(key: string, path: string, file: string, faults: Faults): Promise<VirtualCamera> {
    const { host = defaultHost, user = defaultUser, tls: certificate } = this.#options
    const opening = VirtualCamera.open({
      ...{ path, file, faults, user, host, certificate, clock: this.clock },
      closeConnections: (camera) => this.#closeConnections(camera),
    })
    this.#cameras.set(key, opening)
    opening.catch(() => this.#cameras.delete(key))
    return opening
  }

  /**
   * Closes the oldest camera that nobody uses, to make room for another.
   *
   * @throws {FaultError} All cameras are in use.
   */
  async #closeIdleCamera(): Promise<void> {
    const used = new Set([...this.#connections].map(({ camera }) => camera))
    for (const [key, opening] of this.#cameras) {
      const camera = await opening
      if (used.has(camera) || !camera.isIdle) continue
      this.#cameras.delete(key)
      await camera.close()
      return
    }
    throw new FaultError(`expected at most ${this.#cameras.size} URLs in use, got one more`)
  }

  #closeConnections(camera: VirtualCamera): void {
    for (const connection of this.#connections) {
      if (connection.camera !== camera) continue
      connection.endSession()
      connection.close()
    }
  }
}

function listenOn(listener: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(port, host, () => {
      listener.off('error', reject)
      resolve()
    })
  })
}

function closeListener(listener: Server | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (listener?.listening) listener.close(() => resolve())
    else resolve()
  })
}

/** Splits a request URI into path and query, without the track that a client appends. */
function partsOf(uri: string): { readonly path: string; readonly query: string } {
  const rest = uri.replace(/^rtsps?:\/\/[^/?]*/i, '')
  const [path = '', ...queries] = rest.split('?')
  return { path: withoutTrack(path), query: withoutTrack(queries.join('?')) }
}

const withoutTrack = (text: string): string => text.replace(/\/(trackID=\d+\/?)?$/, '')
