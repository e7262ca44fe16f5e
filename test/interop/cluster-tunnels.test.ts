import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { ConfiguredCommand } from './support/configured-command.js'
import { fixedPorts } from './support/fixed-ports.js'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RedisServer, startRedisServer } from './support/redis-server.js'
import { Viewer } from './support/viewer.js'

/** Balancer that brings each GET to one server, and each POST to the other. */
class Splitter {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly methods: string[] = []

  constructor(ports: Readonly<Record<string, number>>) {
    this.#server = createServer((client) => {
      this.#keep(client)
      client.once('data', (first) => {
        client.pause()
        const method = first.toString('latin1').split(' ')[0] ?? ''
        this.methods.push(method)
        const server = connect(ports[method] ?? 0, '127.0.0.1')
        this.#keep(server)
        server.write(first)
        client.pipe(server).pipe(client)
        client.once('close', () => server.destroy())
        server.once('close', () => client.destroy())
      })
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

const [first] = fixedPorts.tunnels

function startServer(redis: string, name: string, port: number): Promise<ConfiguredCommand> {
  const config = [
    `rtsp: { host: 127.0.0.1, port: ${port} }`,
    `cluster: { url: "unix://${redis}", node: ${name}, leaseSeconds: 3, graceSeconds: 1,`,
    `  address: "rtsp://127.0.0.1:${port}", key: "a secret of all servers",`,
    '  idKeys: ["another secret of all"], sessionsElsewhere: relay }',
  ]
  return ConfiguredCommand.start(config.join('\n'))
}

const missing = reasonToSkip('redis-server')
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing)
if (missing !== undefined) console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== undefined)(
  'an HTTP tunnel whose two requests reach two servers',
  { timeout: 60_000 },
  () => {
    let redis: RedisServer
    let splitter: Splitter
    let url = ''
    const servers: ConfiguredCommand[] = []

    beforeAll(async () => {
      redis = await startRedisServer()
      const started = [first, first + 1].map((port, n) => startServer(redis.path, `s${n}`, port))
      servers.push(...(await Promise.all(started)))
      splitter = new Splitter({ GET: first, POST: first + 1 })
      // A new cluster admits nobody for one lease.
      let viewer: Viewer | undefined
      const giveUpAt = performance.now() + 30_000
      while (viewer === undefined) {
        viewer = await Viewer.join(`${servers[0]?.url}/test`, 'tcp').catch((error: unknown) => {
          if (performance.now() > giveUpAt) throw error
          return undefined
        })
      }
      await viewer.leave('close')
      url = `rtsp://127.0.0.1:${await splitter.listen()}/test`
    }, 60_000)
    afterAll(async () => {
      await splitter?.close()
      await Promise.all(servers.map((server) => server.stop()))
      await endPrograms()
      await redis?.stop()
    })

    test.for([
      { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg },
      { player: 'GStreamer', needs: gstreamerPlayer, play: playWithGstreamer },
    ])('$player decodes pictures and sound', async ({ needs, play }, context) => {
      requirePrograms(context, ...needs)
      splitter.methods.length = 0
      const result = await play({ url, transport: 'http', seconds: 1 })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(20)
      expect(result.audioFrames).toBeGreaterThanOrEqual(30)
      expect(new Set(splitter.methods)).toEqual(new Set(['GET', 'POST']))
    })
  },
)
