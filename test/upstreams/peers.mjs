/** Servers that the client pulls from: what each serves, and how it is started, twice at the same ports. */
import { fileURLToPath } from 'node:url'
import { startProgram } from './child.mjs'
import { makeFilm } from './contents.mjs'
import { publishTo } from './published.mjs'
import { ways } from './ways.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const certificates = '../../packages/rtspool/test/support/certificates/'
const cert = here(`${certificates}first.cert.pem`)
const key = here(`${certificates}first.key.pem`)
const command = here('../../packages/rtspool-server/lib/main.js')
const goPrograms = here('../../node_modules/.cache/rtspool/go/')
const suite = 'AES_CM_128_HMAC_SHA1_80'

/**
 * Runs of a server that somebody publishes to.
 *
 * @param start - Starts it at the ports. @returns Its program
 */
const publishedTo = (start, options = () => ({})) => ({
  async start(way, ports, { host, source, tls }) {
    const program = await start(host, ports, ways[way].isSecure === true)
    const [scheme, port] = ways[way].isSecure ? ['rtsps', ports.tlsPort] : ['rtsp', ports.port]
    const url = `${scheme}://${host}:${port}/live/copy`
    const { sent, close } = await publishTo(url, source, { tls, ...options(ways[way]) })
    const kill = async () => {
      await program.kill()
      await close()
    }
    return { url, sent, contents: 'packets', kill }
  },
})

const gst = {
  name: 'gst-rtsp-server',
  without: { webSocket: 'has no WebSocket' },
  async start(way, { port, tlsPort }, { host }) {
    const sent = { video: new Set(), audio: new Set() }
    const onLine = (line) => {
      const [kind, digest] = line.split(' ')
      sent[kind]?.add(digest)
    }
    const args = [here('gst-upstream.py'), host, `${port}`, `${tlsPort}`, cert, key]
    const { kill } = await startProgram('/usr/bin/python3', args, /listens \d+ \d+/, { onLine })
    const { isSecure, srtp } = ways[way]
    const url = isSecure
      ? `rtsps://${host}:${tlsPort}/${srtp ? 'secure' : 'cam'}`
      : `rtsp://${host}:${port}/cam`
    return { url, sent, contents: 'packets', kill }
  },
}

const rtspool = {
  name: 'rtspool',
  without: {},
  ...publishedTo(
    (host, { port, tlsPort }) =>
      startProgram(
        process.execPath,
        [
          ...[command, '--host', host, '--port', `${port}`, '--log-level', 'silent'],
          ...['--tls-port', `${tlsPort}`, '--tls-key', key, '--tls-cert', cert],
          ...['--udp-ports', '28000-28099', '--multicast', '239.255.21.0/28'],
        ],
        /listens on rtsp:/,
      ),
    ({ srtp }) => (srtp ? { srtp: suite } : {}),
  ),
}

const gortsplib = {
  name: 'gortsplib',
  without: {},
  go: 'gortsplib',
  ...publishedTo((host, { port, tlsPort }, isSecure) =>
    startProgram(
      `${goPrograms}gortsplib`,
      isSecure
        ? [`${host}:${tlsPort}`, '239.255.22.0/28', cert, key]
        : [`${host}:${port}`, '239.255.22.0/28'],
      /rtsp:/,
    ),
  ),
}

const noTls = 'has no RTSP over TLS'
const go2rtc = {
  name: 'go2rtc',
  without: {
    udp: 'answers 461',
    multicast: 'answers 461',
    tls: noTls,
    srtp: noTls,
    http: 'has no tunnel',
    webSocket: 'has no tunnel for RTSP',
  },
  go: 'go2rtc',
  ...publishedTo((host, { port }) => {
    const off = { listen: '' }
    const rtsp = { listen: `${host}:${port}` }
    const streams = { 'live/copy': null }
    const config = { api: off, webrtc: off, srtp: off, rtsp, streams }
    return startProgram(`${goPrograms}go2rtc`, ['-config', JSON.stringify(config)], /rtsp/)
  }),
}

const noTlsOption = 'its programs have no option for TLS'
const live555 = {
  name: 'live555',
  without: { tls: noTlsOption, srtp: noTlsOption, webSocket: 'has no WebSocket' },
  program: 'live555MediaServer',
  // Both programs listen on fixed ports: 554 with a tunnel at 80, and 8554.
  async start(way, _, { folder, film }) {
    film.sent ??= makeFilm(`${folder}/test.mkv`)
    const isMulticast = way === 'multicast'
    const program = isMulticast ? 'testMKVStreamer' : 'live555MediaServer'
    const ready = isMulticast ? /(rtsp:\/\/[^\s"]+)/ : /(rtsp:\/\/\S+\/)<filename>[\s\S]*unneling/
    const { match, kill } = await startProgram(program, [], ready, { cwd: folder })
    const url = new URL(isMulticast ? match[1] : `${match[1]}test.mkv`)
    const [, tunnel] = /use port (\d+)/.exec(match.input) ?? []
    if (way === 'http') url.port = tunnel ?? ''
    return { url: `${url}`, sent: film.sent, contents: 'units', kill }
  },
}

/**
 * All servers. `without`: ways that a server does not serve, with the reason. `go`: name of the Go program to build.
 * `program`: a program of newer players.
 */
export const peers = [gst, gortsplib, go2rtc, live555, rtspool]
