import { readFileSync } from 'node:fs'
import { fileMedia } from 'rtspool/file'
import { fixedPorts } from './fixed-ports.js'
import { startServer, testClip } from './server.js'

const certificates = new URL(
  '../../../packages/rtspool/test/support/certificates/',
  import.meta.url,
)
const read = (name: string) => readFileSync(new URL(name, certificates))

/** How rtspool is reached in a run of the conformance rows. */
export const carriers = ['tcp', 'tls', 'http', 'ws', 'ipv6'] as const

/** One of {@link carriers}. */
export type Carrier = (typeof carriers)[number]

/** What differs between them on the command line. */
const options: Readonly<Record<Carrier, readonly string[]>> = {
  tcp: [],
  tls: ['--insecure'],
  http: ['--tunnel', 'http'],
  ws: ['--tunnel', 'ws'],
  ipv6: [],
}

/** A server of the library with everything that the rows need. */
export interface ConformServer {
  /** What follows `rtspool conform`. */
  readonly args: readonly string[]
  /** Sessions that are there. */
  sessions(): number
  close(): Promise<void>
}

/** Starts it on ports of its own. */
export async function startConformServer(carrier: Carrier): Promise<ConformServer> {
  const host = carrier === 'ipv6' ? '::1' : '127.0.0.1'
  const { server, close } = await startServer({
    host,
    tls: { port: 0, key: read('first.key.pem'), cert: read('first.cert.pem') },
    auth: {
      users: { u: 'p' },
      rules: [
        { path: '/*', read: 'anyone', publish: 'anyone' },
        { path: '/priv', read: 'authenticated' },
      ],
    },
  })
  // Apart: where there is multicast, a SETUP that names no delivery means it.
  const groups = await startServer({
    host,
    udpPorts: [20_200, 20_300],
    multicast: {
      groups: carrier === 'ipv6' ? 'ff15::7254/112' : '239.255.72.0/24',
      ports: fixedPorts.conform,
    },
  })
  server.mounts.add('/priv', fileMedia(testClip, { loop: true }))
  server.mounts.add('/file', fileMedia(testClip, { shared: false }))
  const { port } = carrier === 'tls' ? server.tlsAddress() : server.address()
  const scheme = carrier === 'tls' ? 'rtsps' : 'rtsp'
  const url = `${scheme}://${carrier === 'ipv6' ? '[::1]' : host}:${port}`
  return {
    args: [
      ...[`${url}/test`, '--publish', `${url}/live/conform`, '--private', `${url}/priv`],
      ...['--seekable', `${url}/file`],
      ...['--multicast', `${groups.url}/test`, '--user', 'u:p', '--strict', ...options[carrier]],
    ],
    sessions: () => server.pool.size + groups.server.pool.size,
    close: async () => {
      await Promise.all([close(), groups.close()])
    },
  }
}
