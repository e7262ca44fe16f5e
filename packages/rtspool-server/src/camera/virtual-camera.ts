import {
  type AccessUnit,
  type AuthOptions,
  type BackChannelOptions,
  type Clock,
  createMediaDescription,
  MediaFactory,
  RtspServer,
} from 'rtspool'
import { openFileSource } from 'rtspool/file'
import { startedKeyFrame, type WaitOptions } from '../snapshots/key-frames.js'
import type { AuthKind, Faults } from './faults.js'
import { encodingOf, FaultySource } from './media/faulty-source.js'
import { FaultError } from './parse-faults.js'
import { type Quirk, quirksOf } from './quirks/quirks.js'
import { sdpFilter } from './quirks/sdp-filter.js'
import { accessFilters } from './wire/access-filters.js'
import type { CameraState, WireFilter, WireLink } from './wire/wire-filter.js'

/** Name and password that a camera accepts. */
export interface CameraUser {
  readonly name: string
  readonly password: string
}

/** Key and certificate in PEM. */
export interface CameraCertificate {
  readonly key: Buffer
  readonly cert: Buffer
}

/** Properties of a {@link VirtualCamera}. */
export interface VirtualCameraInit {
  /** Path of the camera in RTSP URLs. */
  readonly path: string
  /** Media file that the camera plays in a loop. */
  readonly file: string
  readonly faults: Faults
  readonly user: CameraUser
  readonly host: string | undefined
  /** Certificate for SRTP, whose keys only clients inside TLS get; `undefined` = none. */
  readonly certificate: CameraCertificate | undefined
  readonly clock: Clock
  /** Closes all connections of the camera, and ends their sessions. */
  readonly closeConnections: (camera: VirtualCamera) => void
}

/** Back channel (sound to the camera) of every camera. The sound that clients send is dropped. */
const loudspeaker: BackChannelOptions = {
  description: createMediaDescription({
    ...{ kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
  }),
  open: () => ({ packet: () => {}, close: () => {} }),
}

const loopback = ['127.0.0.0/8', '::1']
const wildcards: readonly string[] = ['::', '0.0.0.0']

/**
 * One camera with its faults: an ordinary server on a port of its own, which only the filters in
 * front of it reach.
 *
 * ```text
 *  client ⇄ port of the command ⇄ filters of the faults ⇄ server ◀─ file with faults
 * ```
 */
export class VirtualCamera {
  readonly faults: Faults
  readonly state: CameraState = {
    awayUntilMs: 0,
    isAwayPlanned: false,
    heldUntilMs: 0,
    connections: new Set(),
    sessions: new Set(),
    backChannels: new Set(),
  }
  readonly #server: RtspServer
  readonly #path: string
  readonly #quirks: readonly Quirk[]
  readonly #closeConnections: (camera: VirtualCamera) => void
  #port = 0
  #tlsPort: number | undefined
  #host = ''

  private constructor(init: VirtualCameraInit) {
    const { faults, path, file, host, clock, certificate } = init
    const quirks = quirksOf(faults.quirk)
    this.faults = faults
    this.#path = path
    this.#quirks = quirks
    this.#closeConnections = init.closeConnections
    this.#server = new RtspServer({
      ...{ port: 0, host, clock, webSocket: false },
      auth: authOf(init, quirks),
      pool: { timeout: faults.timeout, timeoutAlwaysVisible: true, maxIdleSetup: 0 },
      trustedProxies: loopback,
      ...(isProtected(quirks) && certificate
        ? { tls: { port: 0, key: certificate.key, cert: certificate.cert } }
        : {}),
      ...(quirks.some(({ media }) => media?.isOversized) ? { maxDatagramBytes: 0 } : {}),
    })
    const ofMedia = quirks.flatMap(({ media }) => media ?? [])
    // Not shared: each viewer gets the stream from its beginning, with the same faults.
    const factory = new MediaFactory(
      async () => new FaultySource(await openFileSource(file, { loop: true }), faults, ofMedia),
      { shared: false, backChannel: loudspeaker },
    )
    this.#server.mounts.add(path, factory)
  }

  /**
   * Starts a camera with its server.
   *
   * @throws {FaultError} The media cannot show the quirks, or two quirks exclude each other.
   */
  static async open(init: VirtualCameraInit): Promise<VirtualCamera> {
    const quirks = quirksOf(init.faults.quirk)
    await checkQuirks(quirks, init.file)
    if (isProtected(quirks) && !init.certificate) {
      throw new FaultError('quirk: expected --tls-key and --tls-cert for SRTP, got none')
    }
    const camera = new VirtualCamera(init)
    const server = camera.#server
    await server.listen()
    const { address, port } = server.address()
    const isEverywhere = wildcards.includes(address)
    camera.#port = port
    if (isProtected(quirks)) camera.#tlsPort = server.tlsAddress().port
    camera.#host = isEverywhere ? '127.0.0.1' : address
    if (!isEverywhere) server.update({ trustedProxies: [...loopback, address] })
    return camera
  }

  /** Address of the camera's server. Each connection to it must begin with a header of the PROXY protocol. */
  get address(): { readonly host: string; readonly port: number } {
    return { host: this.#host, port: this.#port }
  }

  /** Port of the camera's server for clients inside TLS, with SRTP; `undefined` = the port of {@link address}. */
  get tlsPort(): number | undefined {
    return this.#tlsPort
  }

  /** Reads the next key frame, as one more viewer. @throws {Error} Says why there is none in time. */
  readKeyFrame(wait: WaitOptions): Promise<AccessUnit> {
    return startedKeyFrame(this.#server, this.#path, wait)
  }

  /** Creates the filters of one connection, in the order in which a request passes them. */
  createFilters(link: WireLink): readonly WireFilter[] {
    const ofQuirks = this.#quirks.flatMap(({ filter }) => filter ?? [])
    return [...accessFilters(link), sdpFilter(this.#quirks), ...ofQuirks].map((create) =>
      create(link),
    )
  }

  /** Ends the session with an identifier, if the session still exists. */
  endSession(id: string): void {
    const session = this.#server.pool.find(id)
    session?.end()
  }

  /** True if the camera has no session, so that its server may close. */
  get isIdle(): boolean {
    return this.#server.pool.size === 0
  }

  /** Closes all connections of the camera, and ends their sessions, as a restart does. */
  closeConnections(): void {
    this.#closeConnections(this)
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}

/** Returns whether one of the quirks needs SRTP. */
const isProtected = (quirks: readonly Quirk[]): boolean =>
  quirks.some(({ needsSrtp }) => needsSrtp === true)

function authOf({ faults, user }: VirtualCameraInit, quirks: readonly Quirk[]) {
  const isForced = faults.auth === 'none' && quirks.some((quirk) => quirk.needsLogin)
  const kind = isForced ? 'digest-md5' : faults.auth
  if (kind === 'none') return false
  return { users: { [user.name]: user.password }, ...schemes[kind] } satisfies AuthOptions
}

const schemes: Readonly<Record<Exclude<AuthKind, 'none'>, AuthOptions>> = {
  basic: { basic: 'always', algorithms: [] },
  digest: { basic: 'never' },
  'digest-md5': { basic: 'never', algorithms: ['MD5'] },
  'digest-sha256': { basic: 'never', algorithms: ['SHA-256'] },
  'basic-digest': { basic: 'always' },
}

/**
 * Checks that a file can show all of the quirks.
 *
 * @throws {FaultError} The file cannot show the quirks, or two quirks exclude each other.
 */
async function checkQuirks(quirks: readonly Quirk[], file: string): Promise<void> {
  checkWriters(quirks)
  if (quirks.every(({ needs }) => needs === undefined)) return
  const source = await openFileSource(file)
  const encodings = source.description.media.map(encodingOf)
  await source.close()
  for (const { id, needs } of quirks) {
    if (needs === undefined || encodings.includes(needs)) continue
    const got = encodings.join(' and ')
    throw new FaultError(`quirk ${id}: expected media in ${needs}, got ${got}`)
  }
}

function checkWriters(quirks: readonly Quirk[]): void {
  const writers = new Map<string, string>()
  for (const { id, media } of quirks) {
    const encoding = media?.units?.encoding
    if (encoding === undefined) continue
    const other = writers.get(encoding)
    writers.set(encoding, id)
    if (other === undefined) continue
    const reason = `because both write the packets of ${encoding}`
    throw new FaultError(`quirk: expected one of ${other}, ${id}, ${reason}, got both`)
  }
}
