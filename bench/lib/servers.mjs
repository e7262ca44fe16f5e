// The servers that are compared, each on its own core with the same clip behind it.
import { fileURLToPath } from 'node:url'
import { compile, whyNotCompilable } from './native.mjs'
import { loadCore, Program, serverCore } from './processes.mjs'

const serverScript = fileURLToPath(new URL('rtspool-server.mjs', import.meta.url))
const cannedScript = fileURLToPath(new URL('../peers/canned.mjs', import.meta.url))
const tlsFloorScript = fileURLToPath(new URL('../peers/tls-floor.mjs', import.meta.url))
const recorderScript = fileURLToPath(new URL('../peers/recorder.mjs', import.meta.url))
const forwarderScript = fileURLToPath(new URL('../peers/forwarder.mjs', import.meta.url))
const quiet = ['-hide_banner', '-loglevel', 'error', '-nostdin']

/**
 * rtspool with a publisher.
 *
 * @param publisher - `{ clip }`: FFmpeg publishes the clip for ever; `{ options }`: the stamping publisher.
 * @param settings - As `rtspool-server.mjs` takes them.
 * @param library - Folder of another build of the library.
 */
export async function startRtspool({ publisher, ...options }) {
  return publishTo(await startRtspoolAlone(options), publisher)
}

/** A server with a publisher, which `stop` ends too. @param publisher - As for {@link startRtspool} */
export async function publishTo(server, publisher) {
  const isPublished = publisher.options ? undefined : server.program.next('publishStarted')
  const publishing = startPublisher(publisher, server.url)
  await Promise.race([isPublished ?? publishing.next('publishing'), failWhenEnded(publishing)])
  return {
    ...server,
    publisher: publishing,
    stop: async () => {
      await publishing.stop()
      await server.stop()
    },
  }
}

/** rtspool without a publisher. @param core - Its core; that of servers under test unless named; `null` = any. */
export async function startRtspoolAlone({
  settings = {},
  nodeOptions = [],
  library,
  core = serverCore,
} = {}) {
  const server = new Program(
    process.execPath,
    [...nodeOptions, serverScript, JSON.stringify(settings)],
    { core, ...(library ? { env: { RTSPOOL_DIST: library } } : {}) },
  )
  const { port, livePort, tlsPort } = await server.next('listening')
  return {
    name: 'rtspool',
    url: `rtsp://127.0.0.1:${port}/cam`,
    liveUrl: livePort && `ws://127.0.0.1:${livePort}/cam`,
    tlsUrl: tlsPort && `rtsps://127.0.0.1:${tlsPort}/cam`,
    pid: server.pid,
    program: server,
    stats: () => {
      const answer = server.next('stats')
      server.say('stats')
      return answer
    },
    stop: () => server.stop(),
  }
}

function startPublisher(publisher, url) {
  if (publisher.options) {
    return new Program(compile('publisher'), [...publisher.options, url], { core: loadCore })
  }
  const source = ['-re', '-stream_loop', '-1', '-i', publisher.clip.video, '-c', 'copy']
  const output = ['-rtsp_transport', 'tcp', '-f', 'rtsp', url]
  return new Program('ffmpeg', [...quiet, ...source, ...output], { core: loadCore })
}

async function failWhenEnded(program) {
  const code = await program.ended
  throw new Error(`${program.name} ended with ${code} before it published: ${program.stderr}`)
}

/** gst-rtsp-server with the clip as a shared media. It plays the clip once, from the first viewer on. */
export async function startGst({ clip }) {
  const server = new Program(compile('gst-fanout'), [clip.video], { core: serverCore })
  const { port } = await server.next('listening')
  return {
    name: 'gst-rtsp-server',
    url: `rtsp://127.0.0.1:${port}/cam`,
    pid: server.pid,
    program: server,
    stop: () => server.stop(),
  }
}

/** Canned answers without parsing, sessions and media: what a visit costs in Node at the least. */
export async function startCanned() {
  const server = new Program(process.execPath, [cannedScript], { core: serverCore })
  const { port } = await server.next('listening')
  return {
    name: 'floor (canned answers)',
    url: `rtsp://127.0.0.1:${port}/cam`,
    pid: server.pid,
    program: server,
    stop: () => server.stop(),
  }
}

/** A bare TLS server of Node that writes a picture to each viewer 30 times a second, without a stream behind it. */
export async function startTlsFloor({ key, cert }) {
  const server = new Program(process.execPath, [tlsFloorScript, key, cert], { core: serverCore })
  const { port } = await server.next('listening')
  return {
    name: 'floor (TLS)',
    tlsUrl: `rtsps://127.0.0.1:${port}/cam`,
    pid: server.pid,
    program: server,
    stop: () => server.stop(),
  }
}

/** Reads and writes the bytes of many streams, and does nothing else: what they cost in Node at the least. */
export async function startForwarder() {
  const server = new Program(process.execPath, [forwarderScript], { core: serverCore })
  const { port } = await server.next('listening')
  return {
    name: 'floor (forwarder)',
    url: `rtsp://127.0.0.1:${port}/cam`,
    pid: server.pid,
    program: server,
    stop: () => server.stop(),
  }
}

/** Reads the bytes of many streams, and writes them to files: what a recording costs in Node at the least. */
export async function startFloorRecorder(folder) {
  const server = new Program(process.execPath, [recorderScript, folder], { core: serverCore })
  const { port } = await server.next('listening')
  return {
    url: `rtsp://127.0.0.1:${port}/cam`,
    pid: server.pid,
    program: server,
    stop: () => server.stop(),
  }
}

/** The first of the ports that the floor sends datagrams to. */
const floorBasePort = 10_000

/** @param kind - `tcp`, `udp-gso` or `udp-sendto`. */
export async function startFloor({ kind, viewers, clip }) {
  const basePort = kind === 'tcp' ? 0 : floorBasePort
  const server = new Program(
    compile('floor'),
    [kind, clip.frames, String(viewers), String(basePort)],
    { core: serverCore },
  )
  const { port } = await server.next('listening')
  return {
    name: `floor (${kind})`,
    url: `rtsp://127.0.0.1:${port}/raw`,
    pid: server.pid,
    program: server,
    loadOptions: ['--raw', ...(kind === 'tcp' ? [] : ['--base-port', String(basePort)])],
    stop: () => server.stop(),
  }
}

/** The subjects that can run here: without gst-rtsp-server's headers its side is left out, and a note says so. */
export function withoutMissingPeer(subjects, notes) {
  const missing = subjects.includes('gst') && whyNotCompilable('gst-fanout')
  if (!missing) return subjects
  notes.push(`without gst-rtsp-server: ${missing}`)
  return subjects.filter((name) => name !== 'gst')
}
