import { createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from 'rtspool'
import { CameraConnection, type CameraLookup, type Cameras } from './camera-connection.js'
import { type Faults, noFaults } from './faults.js'
import { FaultError, parseFaults } from './parse-faults.js'
import { type CameraUser, VirtualCamera } from './virtual-camera.js'

/** Options of a {@link CameraServer}; all optional but the files. */
export interface CameraServerOptions {
  /** Files by the path at which they play. */
  readonly files: ReadonlyMap<string, string>
  /** Port for RTSP; 0 = any free one. @default 8554 */
  readonly port?: number
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string
  /** Faults of all URLs, unless their query says otherwise. @default none */
  readonly faults?: Faults
  /** Login of the cameras. @default admin, camera */
  readonly user?: CameraUser
  /** Called with each refused URL. @default nothing is reported */
  readonly onRefused?: (uri: string, explanation: string) => void
  /** @default the clock of the machine */
  readonly clock?: Clock
}

/** Default login of virtual cameras. */
export const defaultUser: CameraUser = Object.freeze({ name: 'admin', password: 'camera' })
export const defaultHost = '127.0.0.1'
export const defaultPort = 8554

/** Limit on cameras: each URL with other faults is one, and has a port of its own. */
const maxCameras = 256

/** Serves virtual cameras: one for each path and query. */
export class CameraServer implements Cameras {
  readonly clock: Clock
  readonly #options: CameraServerOptions
  readonly #listener: Server
  readonly #connections = new Set<CameraConnection>()
  readonly #cameras = new Map<string, Promise<VirtualCamera>>()

  constructor(options: CameraServerOptions) {
    this.clock = options.clock ?? systemClock
    this.#options = options
    this.#listener = createServer({ allowHalfOpen: false }, (socket) => this.#admit(socket))
  }

  /** Opens the port. @throws The error of the operating system. */
  async listen(): Promise<void> {
    const { port = defaultPort, host = defaultHost } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject)
      this.#listener.listen(port, host, () => {
        this.#listener.off('error', reject)
        resolve()
      })
    })
  }

  address(): { readonly address: string; readonly port: number } {
    const address = this.#listener.address()
    if (address === null || typeof address === 'string') throw new TypeError('not listening')
    return address
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

  /** Closes the port, all connections and all cameras. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#listener.close(() => resolve())
    })
    for (const connection of this.#connections) connection.close()
    await closed
    const cameras = await Promise.all(this.#cameras.values())
    await Promise.all(cameras.map((camera) => camera.close()))
  }

  #admit(socket: Socket): void {
    const connection = new CameraConnection(socket, this, () => {
      this.#connections.delete(connection)
    })
    this.#connections.add(connection)
  }

  #camera(path: string, file: string, faults: Faults): Promise<VirtualCamera> {
    const key = `${path} ${JSON.stringify(faults)}`
    const known = this.#cameras.get(key)
    if (known) return known
    if (this.#cameras.size >= maxCameras) {
      throw new FaultError(`expected at most ${maxCameras} different URLs, got one more`)
    }
    const { host = defaultHost, user = defaultUser } = this.#options
    const opening = VirtualCamera.open({
      ...{ path, file, faults, user, host, clock: this.clock },
      closeConnections: (camera) => this.#closeConnections(camera),
    })
    this.#cameras.set(key, opening)
    opening.catch(() => this.#cameras.delete(key))
    return opening
  }

  #closeConnections(camera: VirtualCamera): void {
    for (const connection of this.#connections) {
      if (connection.camera !== camera) continue
      connection.endSession()
      connection.close()
    }
  }
}

/** Splits a request URI into path and query, without the track that a client appends. */
function partsOf(uri: string): { readonly path: string; readonly query: string } {
  const rest = uri.replace(/^rtsps?:\/\/[^/?]*/i, '')
  const [path = '', ...queries] = rest.split('?')
  return { path: withoutTrack(path), query: withoutTrack(queries.join('?')) }
}

const withoutTrack = (text: string): string => text.replace(/\/(trackID=\d+\/?)?$/, '')
