import { createPrivateKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { resolve } from 'node:path'
import { localUrl } from '../banner.js'
import type { CommandOutput } from '../config/commands/config-command.js'
import { stopSignal } from '../signals.js'
import { cameraFiles, testPath, whyNoTestPicture } from '../test-picture.js'
import { CameraServer, type CameraTls, defaultUser } from './camera-server.js'
import { type Faults, noFaults } from './faults.js'
import type { OnvifDevice, OnvifDeviceOptions } from './onvif/index.js'
import type { OnvifCamerasInit } from './onvif-cameras.js'
import type { CameraUser } from './virtual-camera.js'

/** URL path at which the file of the command line plays. */
export const filePath = '/file'

/** Options of the command line for RTSP over TLS. */
interface TlsFlags {
  readonly tlsPort: number
  readonly tlsKey?: string
  readonly tlsCert?: string
  readonly tlsOld?: boolean
}

/** Options of the command `rtspool camera`. */
export type CameraCommandOptions = Partial<Faults> &
  TlsFlags & {
    readonly port: number
    readonly host: string
    readonly user?: CameraUser
    readonly onvifPort?: number
    readonly discovery?: boolean
    readonly listQuirks?: boolean
  }

/** Error with the reason why the cameras cannot start, and the exit code of the command. */
class StartError extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * Serves virtual cameras until a signal arrives.
 *
 * @returns The exit code: 1 if the cameras cannot start, 2 for options that do not fit together.
 */
export async function serveCameras(
  file: string | undefined,
  options: CameraCommandOptions,
  version: string,
  output: CommandOutput,
): Promise<number> {
  try {
    await serveUntilSignal(filesOf(file), options, version, output)
    return 0
  } catch (error) {
    output.stderr(`error: ${startProblem(error, options)}\n`)
    return error instanceof StartError ? error.exitCode : 1
  }
}

async function serveUntilSignal(
  files: ReadonlyMap<string, string>,
  options: CameraCommandOptions,
  version: string,
  output: CommandOutput,
): Promise<void> {
  const { port, host, user = defaultUser, onvifPort, discovery = false, ...others } = options
  const { tlsPort, tlsKey, tlsCert, tlsOld, ...given } = others
  if (discovery && onvifPort === undefined)
    throw new StartError('--discovery needs --onvif-port', 2)
  if (discovery && !isIPv4(host) && host !== '::') {
    throw new StartError(`--discovery: expected an IPv4 address as --host, got ${host}`, 2)
  }
  const faults = { ...noFaults, ...given }
  const server = new CameraServer({
    ...{ files, port, host, user, faults, tls: tlsOf(options) },
    onRefused: (uri, explanation) => output.stderr(`refused ${uri}: ${explanation}\n`),
  })
  const stop = stopSignal()
  let device: OnvifDevice | undefined
  try {
    await server.listen()
    const { address } = server.address()
    const url = localUrl(address, server.address().port)
    const { tlsPort: openTlsPort } = server
    const tlsUrl = openTlsPort === undefined ? undefined : localUrl(address, openTlsPort, 'rtsps')
    if (onvifPort !== undefined) {
      device = await openOnvif(
        { server, files, faults, user },
        { version, host, port: onvifPort, isDiscoverable: discovery },
      )
    }
    const onvifUrl = device && localUrl(address, device.port, 'http') + device.path
    output.stdout(startText({ version, url, tlsUrl, onvifUrl, paths: [...files.keys()] }))
    await stop.received
  } finally {
    await device?.close()
    await server.close()
    stop.ignore()
  }
}

/** Opens the ONVIF services, whose code and parser of XML are loaded only here. */
async function openOnvif(
  init: OnvifCamerasInit,
  options: Omit<OnvifDeviceOptions, 'cameras'>,
): Promise<OnvifDevice> {
  const [{ onvifCameras }, { OnvifDevice }] = await Promise.all([
    import('./onvif-cameras.js'),
    import('./onvif/index.js'),
  ])
  const device = new OnvifDevice({ ...options, cameras: await onvifCameras(init) })
  try {
    await device.listen()
  } catch (error) {
    await device.close()
    throw error
  }
  return device
}

function filesOf(file: string | undefined): ReadonlyMap<string, string> {
  const problem = file === undefined || existsSync(file) ? whyNoTestPicture() : `${file} is missing`
  if (problem !== undefined) throw new StartError(problem, 1)
  const own = file === undefined ? [] : [[filePath, resolve(file)] as const]
  return new Map([...cameraFiles, ...own])
}

function tlsOf({ tlsPort, tlsKey, tlsCert, tlsOld = false }: TlsFlags): CameraTls | undefined {
  if (tlsKey === undefined && tlsCert === undefined) {
    if (tlsOld) throw new StartError('--tls-old needs --tls-key and --tls-cert', 2)
    return undefined
  }
  if (tlsKey === undefined || tlsCert === undefined) {
    throw new StartError('--tls-key and --tls-cert need each other', 2)
  }
  const key = readFileSync(tlsKey)
  const kind = createPrivateKey(key).asymmetricKeyType
  if (tlsOld && kind !== 'rsa') {
    throw new StartError(`--tls-old: expected an RSA key in ${tlsKey}, got ${kind}`, 2)
  }
  return { port: tlsPort, key, cert: readFileSync(tlsCert), isOld: tlsOld }
}

function startProblem(error: unknown, { host }: CameraCommandOptions): string {
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number }
  if (code === 'EADDRINUSE') return `port ${port} is in use already; choose another`
  if (code === 'EADDRNOTAVAIL') return `--host ${host} is not an address of this machine`
  return error instanceof Error ? error.message : String(error)
}

/** Values that the command prints once it listens. */
interface StartFacts {
  readonly version: string
  readonly url: string
  /** URL for RTSP over TLS; `undefined` without TLS. */
  readonly tlsUrl: string | undefined
  /** URL of the device service of ONVIF; `undefined` without ONVIF. */
  readonly onvifUrl?: string | undefined
  readonly paths: readonly string[]
}

/** Formats the lines that the command prints once it listens. */
export function startText({ version, url, tlsUrl, onvifUrl, paths }: StartFacts): string {
  return [
    `rtspool ${version} serves virtual cameras on ${url}`,
    ...(tlsUrl === undefined ? [] : [`with TLS on ${tlsUrl}, the same paths`]),
    ...(onvifUrl === undefined ? [] : [`with ONVIF on ${onvifUrl}`]),
    '',
    ...paths.map((path) => `  play    ${url}${path}`),
    `  faults  '${url}${testPath}?loss=1&jitter=40&drop=tcp@30'   rtspool camera --help`,
    `  quirks  '${url}${testPath}?quirk=19'   rtspool camera --list-quirks`,
    '',
  ]
    .map((line) => `${line}\n`)
    .join('')
}
