import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect, createServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.js'
import { InterleavedGroup } from '../../../src/media/fan-out/interleaved-group.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import type { InterleavedReader } from '../../../src/media/fan-out/reader.js'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { DirectSends } from '../../../src/transport/tcp/direct-sends.js'
import { StreamWriter } from '../../../src/transport/tcp/stream-writer.js'
import { SendThreads } from '../../../src/transport/threads/send-threads.js'
import { startWorker } from '../../../src/transport/threads/start-worker.js'
import { CheckingSink } from '../../support/checking-sink.js'
import { fuzzSeed } from '../../support/fuzz-runs.js'
import { nextTurn, settle, until } from '../../support/until.js'
import { bareWebSocket, MessageReader } from '../../support/web-socket-messages.js'

const readers = 24
const solSocket = 1
const soSndbuf = 7
const limits = { maxBytes: 256 * 1024, maxAgeMs: 2000 }
const readerTypes = ['fast', 'halting', 'slow'] as const

/** Draws whole numbers below a limit, the same ones for each seed (xorshift32). */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0 || 1
  return (limit) => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % limit
  }
}

const setsockopt = createRequire(import.meta.url)('koffi')
  .load('libc.so.6')
  .func('int setsockopt(int, int, int, void *, unsigned int)') as (...args: unknown[]) => number

function shrinkSendBuffer(socket: Socket, sizeBytes: number): void {
  const descriptor = (socket as unknown as { _handle: { fd: number } })._handle.fd
  const size = Buffer.alloc(4)
  size.writeInt32LE(sizeBytes)
  setsockopt(descriptor, solSocket, soSndbuf, size, size.length)
}

interface Viewer {
  readonly id: number
  readonly socket: Socket
  readonly writer: StreamWriter
  readonly reader: InterleavedReader
  isLeaving: boolean
}

/**
 * Sends media, answers and RTCP to readers of all speeds, which appear with up to 80 kB of cached packets and vanish,
 * through small kernel buffers and a small ring. Every item has a number that grows over the whole run.
 */
async function run(threadCount: number, seed: number, turns: number, isWebSocket = false) {
  const native = nativeSockets()
  if (!native) throw new Error('expected koffi on Linux')
  const random = randomFrom(seed)
  const threads = new SendThreads({
    clock: systemClock,
    calls: native,
    start: startWorker,
    maxThreads: threadCount,
    handOverFrom: 4,
    splitFrom: 4,
    stallMs: 10_000,
    sizes: { entriesBytes: 256 * 1024 },
  })
  const sends = new DirectSends(native, threads)
  const group = new InterleavedGroup(0, systemClock, isWebSocket)
  const viewers = new Map<number, Viewer>()
  const sinks = new Map<number, CheckingSink>()
  const lastWords = new Map<number, number>()
  let number = 0
  let ids = 0
  let accepted = 0
  let begun = 0
  const sockets = new Set<Socket>()

  const answer = ({ id, writer }: Viewer): void =>
    writer.writeMessage(CheckingSink.answer(id, ++number), () => {})
  const rtcp = ({ id, writer }: Viewer): void =>
    writer.writeFrames(CheckingSink.rtcp(id, ++number, random(60)))
  const leave = (viewer: Viewer): void => {
    viewer.isLeaving = true
    group.remove(viewer.reader)
    viewers.delete(viewer.id)
    answer(viewer)
    lastWords.set(viewer.id, number)
    viewer.writer.end()
  }
  const accept = (socket: Socket): void => {
    socket.setNoDelay(true)
    shrinkSendBuffer(socket, random(2) === 0 ? 4096 : 65_536)
    const output = isWebSocket ? bareWebSocket(socket) : socket
    const writer = new StreamWriter(output, sends, limits, socket)
    socket.on('error', () => {})
    socket.once('data', (data: Buffer) => {
      const id = Number(String(data))
      const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0 }
      const reader: InterleavedReader = {
        kind: 'interleaved',
        carrier: writer,
        channels: [0, 1],
        counters,
      }
      const viewer = { id, socket, writer, reader, isLeaving: false }
      viewers.set(id, viewer)
      accepted++
      const first = Array.from(
        { length: random(3) * random(60) },
        () => () => CheckingSink.packet(++number, random(1400)),
      )
      writer.gather(() => {
        answer(viewer)
        group.add(
          reader,
          first.map((packet) => packet()),
        )
      })
      if (first.length > 0 && !threads.tokens.isOnMain(writer.direct?.slot ?? -1)) begun++
      socket.once('close', () => {
        if (viewers.delete(id)) group.remove(reader)
      })
    })
    socket.once('close', () => writer.release())
  }
  const listener = createServer(accept).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const open = (): void => {
    const id = ++ids
    const socket = connect(port, '127.0.0.1', () => socket.write(String(id)))
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const type = readerTypes[id % 3] ?? 'fast'
    const messages = isWebSocket ? new MessageReader() : undefined
    sinks.set(id, new CheckingSink(id, socket, type, random, messages))
  }
  for (let count = 0; count < readers; count++) open()
  await until(() => viewers.size === readers)

  let sampledAt = 0
  for (let turn = 0; turn < turns; turn++) {
    for (let count = random(4); count >= 0; count--) {
      const batch = new PacketBatch()
      const isEntry = random(10) === 0
      if (isEntry) batch.noteEntry([])
      for (let packets = random(8); packets >= 0; packets--) {
        batch.push(CheckingSink.packet(++number, random(1400)), packetRoles.frameStart)
      }
      group.send(batch)
    }
    const all = [...viewers.values()]
    for (let count = random(6); count > 0; count--) {
      const viewer = all[random(all.length)]
      if (viewer && !viewer.isLeaving) (random(2) === 0 ? answer : rtcp)(viewer)
    }
    const chosen = random(12) === 0 ? all[random(all.length)] : undefined
    if (chosen && !chosen.socket.destroyed && !chosen.isLeaving) {
      if (random(2) === 0) leave(chosen)
      else chosen.socket.destroy()
      open()
    }
    const now = performance.now()
    if (now - sampledAt > 100) {
      sampledAt = now
      for (const { writer } of viewers.values()) writer.sample(now)
    }
    if (random(3) === 0) await settle(random(4), 'the kernel moves bytes to the readers')
    else await nextTurn()
  }
  await until(() => accepted === ids)
  for (const viewer of [...viewers.values()]) if (!viewer.socket.destroyed) leave(viewer)
  const given = threads.threads.reduce((sum, { packetsOut }) => sum + packetsOut, 0)
  await until(() => sends.size === 0)
  for (const socket of sockets) socket.destroy()
  await threads.close()
  listener.close()
  await once(listener, 'close')
  const violations = [...sinks.values()].flatMap((sink) => sink.violations)
  const missing = [...lastWords].filter(([id, last]) => {
    const sink = sinks.get(id)
    return sink?.hasEnded && sink.last !== last
  })
  const ended = [...lastWords].filter(([id]) => sinks.get(id)?.hasEnded).length
  const items = [...sinks.values()].reduce((sum, sink) => sum + sink.items, 0)
  return { violations, missing, ended, items, given, begun }
}

describe('send threads under random load', () => {
  it.each([
    [1, 600, false],
    [2, 600, false],
    [1, 400, true],
  ])(
    'with %i of them, each reader gets whole items of its own in order (%i turns, WebSocket: %s)',
    async (count, turns, isWebSocket) => {
      const result = await run(count, fuzzSeed + count, turns, isWebSocket)
      const { violations, missing, ended, items, given, begun } = result
      expect(violations).toEqual([])
      expect(missing).toEqual([])
      expect(ended).toBeGreaterThan(5)
      expect(items).toBeGreaterThan(10_000)
      expect(given).toBeGreaterThan(10_000)
      expect(begun).toBeGreaterThan(10)
    },
  )
})
