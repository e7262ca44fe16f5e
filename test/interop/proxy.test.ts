import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cameTrue } from '../../packages/rtspool/test/support/until.js'
import { fixedPorts } from './support/fixed-ports.js'
import { playWithFfmpeg } from './support/players.js'
import { endPrograms, Program, patienceMs } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, certificates))

/** Address from which HAProxy connects to the server. */
const proxy = '127.0.0.9'
/** Address of the listeners of HAProxy, which it has the clients connect to. */
const front = '127.0.0.10'
const [firstPort] = fixedPorts.proxy
const listeners = [
  { name: 'version 1', port: firstPort, scheme: 'rtsp', words: 'send-proxy' },
  {
    ...{ name: 'version 2, with health checks', port: firstPort + 1, scheme: 'rtsp' },
    words: 'send-proxy-v2 check inter 100ms check-send-proxy',
  },
  {
    name: 'version 2 in front of TLS',
    port: firstPort + 2,
    scheme: 'rtsps',
    words: 'send-proxy-v2',
  },
] as const

function configuration({ server, port: plain }: RunningLibrary): string {
  const tls = server.tlsAddress().port
  const sections = listeners.flatMap(({ port, scheme, words }) => [
    `listen on${port}`,
    `  bind ${front}:${port}`,
    `  source ${proxy}`,
    `  server one 127.0.0.1:${scheme === 'rtsps' ? tls : plain} ${words}`,
  ])
  const times = ['connect', 'client', 'server'].map((name) => `  timeout ${name} 10s`)
  return ['defaults', '  mode tcp', ...times, ...sections, ''].join('\n')
}

/** Tries to connect. */
async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, front)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

describe('a client behind HAProxy', { tags: 'B-PROXY' }, () => {
  let running: RunningLibrary
  let folder: string
  const seen: unknown[] = []

  beforeAll(async () => {
    running = await startServer({
      trustedProxies: [proxy],
      tls: { port: 0, key: read('first.key.pem'), cert: read('first.cert.pem') },
    })
    running.server.on('connectionOpened', ({ remoteAddress, localAddress, localPort }) => {
      seen.push({ remoteAddress, localAddress, localPort })
    })
    folder = await mkdtemp(join(tmpdir(), 'rtspool-haproxy-'))
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
    await rm(folder, { recursive: true })
  })

  test.for(listeners)('keeps its address: $name', async ({ port, scheme }, context) => {
    requirePrograms(context, 'haproxy', 'ffmpeg')
    const file = join(folder, 'haproxy.cfg')
    await writeFile(file, configuration(running))
    const haproxy = new Program('haproxy', ['-db', '-f', file])
    let isReady = false
    const look = async () => {
      isReady = await isOpen(port)
    }
    expect(await cameTrue(() => isReady || !haproxy.isRunning, patienceMs, look)).toBe(true)
    expect(haproxy.stderr).not.toContain('ALERT')
    seen.length = 0
    const url = `${scheme}://${front}:${port}/test`
    const result = await playWithFfmpeg({ url, transport: 'tcp', seconds: 2 })
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(40)
    const [opened] = seen
    expect(opened).toEqual({ remoteAddress: '127.0.0.1', localAddress: front, localPort: port })
    expect(haproxy.stderr).not.toContain('DOWN')
    await haproxy.stop('SIGTERM')
  })
})
