import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { servicePaths } from './call.js'
import { Discovery } from './discovery.js'
import { type OnvifCameras, OnvifServer } from './onvif-server.js'

export type { OnvifVideo } from './call.js'
export type { OnvifCameras, OnvifSnapshot } from './onvif-server.js'

/** Options of {@link OnvifDevice}. */
export interface OnvifDeviceOptions {
  readonly cameras: OnvifCameras
  readonly version: string
  /** Address on which the ONVIF services listen. */
  readonly host: string
  /** TCP port of the ONVIF services; 0 = any free one. */
  readonly port: number
  /** True to announce the device by WS-Discovery. */
  readonly isDiscoverable: boolean
}

/** ONVIF device that stands for all virtual cameras of the command: services over HTTP, and WS-Discovery. */
export class OnvifDevice {
  readonly #options: OnvifDeviceOptions
  readonly #server: OnvifServer
  #discovery: Discovery | undefined

  constructor(options: OnvifDeviceOptions) {
    this.#options = options
    const { cameras, version } = options
    this.#server = new OnvifServer(cameras, {
      version,
      uuid: () => this.#uuid,
      unixTimeMs: () => cameras.clock.unixTimeMs(),
    })
  }

  /** Opens the HTTP port, and announces the device if `isDiscoverable`. @throws The error of the operating system. */
  async listen(): Promise<void> {
    const { cameras, host, port, isDiscoverable } = this.#options
    await this.#server.listen(port, host)
    if (!isDiscoverable) return
    const instanceId = Math.floor(cameras.clock.unixTimeMs() / 1000)
    const place = { host, uuid: this.#uuid, servicePort: this.port, path: servicePaths.device }
    this.#discovery = new Discovery({ ...place, instanceId, clock: cameras.clock })
    await this.#discovery.open()
  }

  /** TCP port of the ONVIF services. */
  get port(): number {
    return this.#server.port
  }

  /** URL path of the ONVIF device service. */
  get path(): string {
    return servicePaths.device
  }

  /** Announces the end of the device, and closes its ports. Idempotent. */
  async close(): Promise<void> {
    await this.#discovery?.close()
    await this.#server.close()
  }

  /** UUID of the device, which stays the same after a restart on the same machine, address and port. */
  get #uuid(): string {
    return uuidOf(`rtspool camera ${hostname()} ${this.#options.host} ${this.port}`)
  }
}

/** Returns a UUID that follows from a name (RFC 9562 section 5.8). */
function uuidOf(name: string): string {
  const digits = createHash('sha256').update(name).digest('hex')
  const groups = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`]
  return [...groups, `8${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-')
}
