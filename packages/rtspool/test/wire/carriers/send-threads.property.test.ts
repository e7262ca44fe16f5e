import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DirectSends } from '../../../src/transport/tcp/direct-sends.js'
import { sendThreadDefaults } from '../../../src/transport/threads/create-send-threads.js'
import { mountCamera } from '../../support/dialogue.js'
import { fuzzRuns, fuzzTimeoutMs } from '../../support/fuzz-runs.js'
import { openWebSocket, rtspOver } from '../../support/http-client.js'
import { RtspTestClient } from '../../support/rtsp-client.js'
import {
  connectTo,
  openUdpPorts,
  play,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'

const usual = { ...sendThreadDefaults }
beforeAll(() => Object.assign(sendThreadDefaults, { handOverFrom: 2, startsEarly: true }))
afterAll(() => Object.assign(sendThreadDefaults, usual))

const packetOf = (number: number, payload = Buffer.from([0x65, number & 0xff])): Buffer =>
  rtpPacket({ sequenceNumber: number & 0xffff, timestamp: number * 3000, marker: true, payload })

const numbersOf = (packets: readonly Buffer[]): number[] =>
  packets.map((packet) => packet.readUInt16BE(2))
const videoOf = ({ frames }: RtspTestClient): Buffer[] =>
  frames.filter(({ channel }) => channel === 0).map(({ payload }) => payload)
const openDescriptors = (): number => readdirSync('/proc/self/fd').length

/** A server with one send thread, and viewers of one camera over TCP and UDP. */
async function watched(tcpViewers: number, udpViewers: number) {
  const workers: Worker[] = []
  const note = (worker: Worker): void => void workers.push(worker)
  process.on('worker', note)
  const server = await startServer({ sendThreads: 1, slowReaderTimeout: 0 })
  process.off('worker', note)
  const sources = mountCamera(server)
  const url = urlOf(server, '/cam')
  const overTcp = []
  for (let count = 0; count < tcpViewers; count++) {
    const client = await connectTo(server)
    overTcp.push({ client, played: await play(client, url) })
  }
  const overUdp = []
  for (let count = 0; count < udpViewers; count++) {
    const ports = await openUdpPorts()
    const client = await connectTo(server)
    overUdp.push({ client, ports, played: await play(client, url, [ports]) })
  }
  let next = 0
  const push = async (count: number): Promise<void> => {
    for (let pushed = 0; pushed < count; pushed++) {
      pushTo(sources, 0, packetOf(next++))
      await nextTurn()
    }
  }
  const thread = () => server.stats().sendThreads[0]
  return { server, url, sources, workers, overTcp, overUdp, push, thread }
}

describe('send threads of a server', () => {
  it('send every packet to each viewer in order, over TCP and UDP', async () => {
    const { server, overTcp, overUdp, push, thread } = await watched(5, 5)
    await push(300)
    await until(() => overTcp.every(({ client }) => videoOf(client).length === 300))
    await until(() => overUdp.every(({ ports }) => ports.rtp.length === 300))
    const numbers = Array.from({ length: 300 }, (_, index) => index)
    for (const { client } of overTcp) expect(numbersOf(videoOf(client))).toEqual(numbers)
    for (const { ports } of overUdp) expect(numbersOf(ports.rtp)).toEqual(numbers)
    const sent = server.stats().unicast.packetsOut
    expect(thread()).toMatchObject({ viewers: 10, packetsDropped: 0, packetsOut: sent })
  })

  it('answer requests between the media, and send nothing behind the answer to TEARDOWN', async () => {
    const { url, overTcp, push } = await watched(4, 0)
    await push(20)
    for (const { client, played } of overTcp) {
      const headers = { Session: played.session }
      const pushing = push(20)
      const response = await client.request('GET_PARAMETER', url, { headers })
      expect(response.statusCode).toBe(200)
      await client.request('TEARDOWN', url, { headers })
      const { length } = client.frames
      await pushing
      await push(5)
      await client.request('OPTIONS', '*')
      expect(client.frames.length).toBe(length)
    }
  })

  it('send media over WebSockets, and pongs and close frames between them', async () => {
    const { server, url, sources, overTcp, push, thread } = await watched(3, 0)
    const viewers = []
    for (let count = 0; count < 5; count++) {
      const socket = await openWebSocket(server)
      const pongs: string[] = []
      socket.on('pong', (payload: Buffer) => pongs.push(String(payload)))
      const client = rtspOver(socket)
      await play(client, url)
      viewers.push({ socket, client, pongs })
    }
    const [leaving, ...others] = viewers
    const closed = leaving && once(leaving.socket, 'close')
    const large = Buffer.alloc(60_000, 0x65)
    for (let count = 0; count < 100; count++) {
      await push(1)
      if (count % 4 === 0) pushTo(sources, 1, packetOf(count, large))
      for (const { socket } of viewers)
        if (socket.readyState === socket.OPEN) socket.ping(`${count}`)
      if (count === 50) leaving?.socket.close(4000)
    }
    // A client gets the code of its close frame only from the one of the server.
    expect((await closed)?.[0]).toBe(4000)
    const numbers = Array.from({ length: 100 }, (_, index) => index)
    for (const { client, pongs } of others) {
      await until(() => client.frames.filter(({ channel }) => channel === 2).length === 25)
      await until(() => pongs.length === 100)
      expect(numbersOf(videoOf(client))).toEqual(numbers)
      expect(pongs).toEqual(numbers.map(String))
    }
    const seen = leaving ? numbersOf(videoOf(leaving.client)) : []
    expect(seen.length).toBeGreaterThan(40)
    expect(seen).toEqual(numbers.slice(0, seen.length))
    await until(
      () => thread()?.viewers === overTcp.length + others.length,
      () => push(1),
    )
    expect(thread()?.packetsOut).toBeGreaterThan(400)
  })

  it('lose a packet for nobody while viewers pause and play again', async () => {
    const { url, overTcp, push } = await watched(4, 0)
    await push(10)
    const [first] = overTcp
    const headers = { Session: first?.played.session ?? '' }
    await first?.client.request('PAUSE', url, { headers })
    await push(10)
    await first?.client.request('PLAY', url, { headers })
    await push(10)
    await until(() => overTcp.slice(1).every(({ client }) => videoOf(client).length === 30))
    await until(() => numbersOf(videoOf(first?.client as RtspTestClient)).at(-1) === 29)
    for (const { client } of overTcp.slice(1)) {
      expect(numbersOf(videoOf(client))).toEqual(Array.from({ length: 30 }, (_, index) => index))
    }
  })

  it('cost TCP viewers their connection when one ends, and UDP viewers nothing', async () => {
    const { server, workers, overTcp, overUdp, push, thread } = await watched(4, 4)
    const reasons: string[] = []
    server.pool.on('sessionRemoved', (_session, reason) => reasons.push(reason))
    await push(10)
    await until(() => overTcp.every(({ client }) => videoOf(client).length === 10))
    // A thread that ends may lose what it has not sent yet.
    await until(() => overUdp.every(({ ports }) => ports.rtp.length === 10))
    await workers[0]?.terminate()
    await until(() => reasons.length === 4)
    expect(reasons).toEqual(Array(4).fill('sendThreadFailed'))
    await until(() => overTcp.every(({ client }) => client.socket.destroyed))
    await push(10)
    await until(() => overUdp.every(({ ports }) => ports.rtp.length === 20))
    // Another thread takes over.
    await until(
      () => thread()?.viewers === 4,
      () => push(1),
    )
    expect(server.stats().sessions).toBe(4)
  })

  it('do not delay close for viewers that read nothing', async () => {
    const { server, overTcp, push, sources } = await watched(4, 0)
    await push(5)
    for (const { client } of overTcp.slice(0, 2)) client.socket.pause()
    const large = Buffer.alloc(60_000, 0x65)
    for (let number = 0; number < 300; number++) {
      pushTo(sources, 0, packetOf(1000 + number, large))
      if (number % 10 === 0) await nextTurn()
    }
    const from = performance.now()
    await server.close()
    expect(performance.now() - from).toBeLessThan(4_000)
    expect(server.stats().sendThreads).toEqual([])
  })

  it('keep no descriptor and no slot after many visits', { timeout: fuzzTimeoutMs() }, async () => {
    const taking = vi.spyOn(DirectSends.prototype, 'take')
    const { server, url, overTcp, push } = await watched(3, 0)
    const sends = taking.mock.contexts[0] as DirectSends | undefined
    taking.mockRestore()
    await push(5)
    await until(() => overTcp.every(({ client }) => videoOf(client).length === 5))
    const descriptors = openDescriptors()
    const visit = async (): Promise<void> => {
      const client = await RtspTestClient.connect(server.address().port)
      await play(client, url)
      await push(1)
      client.socket.destroy()
    }
    for (let visits = 0; visits < fuzzRuns(600); visits += 10) {
      await Promise.all(Array.from({ length: 10 }, visit))
    }
    await until(() => server.stats().sessions === 3)
    await until(
      () => openDescriptors() === descriptors && sends?.size === 3,
      () => push(1),
    )
    expect(server.stats().sendThreads[0]?.viewers).toBe(3)
  })

  it('do not keep a process alive', async () => {
    const index = new URL('../../../lib/index.js', import.meta.url)
    const program = `
      import { RtspServer } from '${index}'
      import { sendThreadDefaults } from '${new URL('./internals.js', index)}'
      sendThreadDefaults.startsEarly = true
      const server = new RtspServer({ port: 0, host: '127.0.0.1', udpPorts: false, sendThreads: 2 })
      await server.listen()
      console.log(server.stats().sendThreads.length)
      await server.close()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    })
    let output = ''
    child.stdout.on('data', (text) => {
      output += text
    })
    expect([await once(child, 'exit'), output]).toEqual([[0, null], '2\n'])
  })
})
