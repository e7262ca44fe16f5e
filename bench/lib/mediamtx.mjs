// MediaMTX as a server under test: everything but RTSP is off.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mediamtxProgram } from '../peers/mediamtx.mjs'
import { Program, serverCore } from './processes.mjs'

const startLimitMs = 20_000
const off = Object.fromEntries(
  ['rtmp', 'hls', 'webrtc', 'srt', 'moq', 'api', 'metrics', 'playback', 'pprof'].map((name) => [
    name,
    false,
  ]),
)

/** Returns the subjects that can run here: without MediaMTX its side is left out, and a note says so. */
export function withoutMissingMediamtx(subjects, notes) {
  const { reason } = subjects.includes('mediamtx') ? mediamtxProgram() : {}
  if (!reason) return subjects
  notes.push(`without MediaMTX: ${reason}`)
  return subjects.filter((name) => name !== 'mediamtx')
}

/**
 * Starts MediaMTX, which lets anybody publish and play.
 *
 * @param settings - Further keys of its configuration.
 * @param paths - Its paths by name; all others are for publishers.
 * @param tls - Files `{ key, cert }`: serves RTSP over TLS as well, at `tlsUrl`.
 */
export async function startMediamtx({ settings = {}, paths = {}, tls } = {}) {
  const { program, reason } = mediamtxProgram()
  if (!program) throw new Error(`MediaMTX: ${reason}`)
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-bench-mediamtx-'))
  const [port, tlsPort, rtpPort] = await freePorts()
  const encryption = tls
    ? {
        ...{ rtspEncryption: 'optional', rtspsAddress: `127.0.0.1:${tlsPort}` },
        ...{ rtspServerKey: tls.key, rtspServerCert: tls.cert },
        ...{ srtpAddress: `127.0.0.1:${rtpPort + 2}`, srtcpAddress: `127.0.0.1:${rtpPort + 3}` },
      }
    : {}
  const config = {
    ...off,
    ...{ logLevel: 'warn', rtsp: true, rtspTransports: ['udp', 'tcp'] },
    rtspAddress: `127.0.0.1:${port}`,
    ...{ rtpAddress: `127.0.0.1:${rtpPort}`, rtcpAddress: `127.0.0.1:${rtpPort + 1}` },
    ...encryption,
    ...settings,
    paths: { ...paths, all_others: {} },
  }
  // JSON is YAML.
  const file = join(folder, 'mediamtx.yml')
  writeFileSync(file, JSON.stringify(config))
  const server = new Program(program, [file], { core: serverCore })
  let output = ''
  server.child.stdout.on('data', (chunk) => {
    output = (output + chunk).slice(-4000)
  })
  const stop = async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await Promise.race([accepting(port), endedEarly(server, () => output)])
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: 'MediaMTX',
    url: `rtsp://127.0.0.1:${port}/cam`,
    tlsUrl: `rtsps://127.0.0.1:${tlsPort}/cam`,
    pid: server.pid,
    program: server,
    stop,
  }
}

async function endedEarly(server, output) {
  const code = await server.ended
  throw new Error(`MediaMTX ended with ${code} before it listened: ${output()}${server.stderr}`)
}

async function accepting(port) {
  const giveUpAt = performance.now() + startLimitMs
  while (!(await canConnect(port))) {
    if (performance.now() > giveUpAt) throw new Error('MediaMTX does not listen')
    await sleep(50)
  }
}

function canConnect(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Two TCP ports, and the first of four UDP ports: an even one, as RTP wants. Free a moment ago. */
async function freePorts() {
  const servers = []
  for (let index = 0; index < 3; index++) {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    servers.push(server)
  }
  const [first, second, third] = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [first, second, third & ~3]
}
