import { fileURLToPath } from 'node:url'
import { Program, until } from './process.js'
import { testClip } from './server.js'

const certificates = new URL(
  '../../../packages/rtspool/test/support/certificates/',
  import.meta.url,
)
const certificate = (name: string): string => fileURLToPath(new URL(name, certificates))
const peer = fileURLToPath(new URL('./gst-rtsp-server-peer.py', import.meta.url))

/** gst-rtsp-server with a camera, a file, a place to publish to, and something private. */
export interface GstRtspServer {
  readonly version: string
  /** `rtsp://host:port` of `/cam`, `/file` and `/rec`. */
  readonly url: string
  /** `rtsp://host:port` of `/priv`, for the user `u` with the password `p`. */
  readonly privateUrl: string
  /** `rtsps://host:port` of `/cam` and `/keep` with SRTP, and a certificate signed by itself. */
  readonly secureUrl: string
  /** `rtsp://host:port` of `/door`, with a back channel of PCMU. */
  readonly onvifUrl: string
  /** Returns the audio that has come over the back channel, as text. */
  spoken(): string
  /** Ends it, by SIGTERM unless another signal is named. */
  close(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Starts it on ports of its own.
 *
 * @param keptFile - Beginning of the names of the files into which `/keep` writes what is published there.
 */
export function startGstRtspServer(...keptFile: readonly string[]): Promise<GstRtspServer> {
  return startGstRtspServerAt(0, ...keptFile)
}

/** Starts it with `/cam`, `/file` and `/rec` on a port; 0 = any free one. */
export async function startGstRtspServerAt(
  firstPort: number,
  ...keptFile: readonly string[]
): Promise<GstRtspServer> {
  const program = new Program(
    '/usr/bin/python3',
    [
      ...[peer, testClip],
      ...[certificate('first.cert.pem'), certificate('first.key.pem'), ...keptFile],
    ],
    { env: { RTSP_PORT: `${firstPort}` } },
  )
  const listens = /gst-rtsp-server (\S+) ports (\d+) (\d+) (\d+) (\d+)/
  await until(() => listens.test(program.stdout) || !program.isRunning)
  const [, version, port, privatePort, securePort, onvifPort] = listens.exec(program.stdout) ?? []
  if (!version) throw new Error(`gst-rtsp-server did not start: ${program.stderr}`)
  return {
    version,
    url: `rtsp://127.0.0.1:${port}`,
    privateUrl: `rtsp://127.0.0.1:${privatePort}`,
    secureUrl: `rtsps://127.0.0.1:${securePort}`,
    onvifUrl: `rtsp://127.0.0.1:${onvifPort}`,
    spoken: () => program.stderr,
    close: async (signal = 'SIGTERM') => void (await program.stop(signal)),
  }
}
