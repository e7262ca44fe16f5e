import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { MediaFactory, type RtspServer } from '../../../src/index.js'
import { collectGarbage } from '../../support/collect-garbage.js'
import { mountSlow } from '../../support/dialogue.js'
import { closeAfterTest } from '../../support/open-things.js'
import { connectTo, expectOk, startServer, testCertificate } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { settle } from '../../support/until.js'

const attacker = fileURLToPath(new URL('../../support/unread-answers.mjs', import.meta.url))
const kib = 1024
const sentBytes = 300 * kib
/** One read of the kernel: what Node asks for. */
const readBytes = 64 * kib
/**
 * Answers that wait to be sent, in the slabs that Node takes for small buffers, and what holds the bytes. The heap of the
 * whole process varies by up to 3 KiB for each of the connections.
 */
const aroundBytes = (Number.parseInt(process.versions.node, 10) < 22 ? 40 : 60) * kib

type Carrier = 'tcp' | 'tls' | 'tunnel' | 'webSocket'

const repeated = (text: string): Buffer =>
  Buffer.alloc(Math.floor(sentBytes / text.length) * text.length, text, 'latin1')

/** Waits until the server has nothing to do any more. */
async function untilIdle(): Promise<void> {
  let before = performance.eventLoopUtilization()
  for (let busy = 1; busy > 0.2; ) {
    await settle(200, 'the share of busy time is measured over this time')
    busy = performance.eventLoopUtilization(before).utilization
    before = performance.eventLoopUtilization()
  }
}

async function heldBytes(): Promise<number> {
  await untilIdle()
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await settle(20, 'finalizers run at the pace of the engine')
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function startAttacker(): ChildProcess {
  const child = fork(attacker, { execArgv: [] })
  closeAfterTest({
    close: async () => {
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
  })
  return child
}

/** @returns What each connection costs that sends this and never reads, beside what it costs idle. */
async function costOf(server: RtspServer, carrier: Carrier, wire: Buffer): Promise<number> {
  const child = startAttacker()
  const port = carrier === 'tls' ? server.tlsAddress().port : server.address().port
  const count = 40
  const send = async (bytes: Buffer): Promise<void> => {
    const done = once(child, 'message')
    child.send({ port, count, carrier, wire: bytes.toString('base64') })
    await done
  }
  await send(Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'))
  const before = await heldBytes()
  await send(wire)
  const after = await heldBytes()
  // With the one that has looked at the camera.
  expect(server.stats().connections).toBe(count + 1)
  return (after - before) / count
}

async function startHeld(): Promise<RtspServer> {
  const server = await startServer({
    tls: { port: 0, ...testCertificate('first') },
    slowReaderTimeout: 0,
    udpPorts: false,
  })
  mountSlow(server, { startTimeoutSeconds: 0 })
  const source = new TestSource()
  source.description.session.addAttribute('x', 'y'.repeat(1500))
  server.mounts.add('/cam', new MediaFactory(() => source))
  // The media is there, and stays: answers take no time.
  await expectOk(await connectTo(server), 'DESCRIBE', 'rtsp://h/cam')
  return server
}

const answered = 'DESCRIBE rtsp://h/cam RTSP/1.0\nCSeq: 1\n\n'
const waits = 'DESCRIBE rtsp://h/slow RTSP/1.0\nCSeq: 1\n\n'
const behind = (text: string): Buffer => Buffer.concat([Buffer.from(waits), repeated(text)])

it.each<[name: string, carrier: Carrier, wire: Buffer, reads: number]>([
  ['requests whose answers nobody reads', 'tcp', repeated(answered), 1],
  ['the shortest requests behind one that waits', 'tcp', behind('OPTIONS * RTSP/1.0\n\n'), 1],
  ['frames of no byte behind one that waits', 'tcp', behind('$\0\0\0'), 1],
  [
    'requests of 200 headers behind one that waits',
    'tcp',
    behind(`OPTIONS * RTSP/1.0\n${'a:b\n'.repeat(200)}\n`),
    1,
  ],
  [
    'requests with a body behind one that waits',
    'tcp',
    behind('SET_PARAMETER * RTSP/1.0\nCSeq: 1\nContent-Length: 3\n\na:b'),
    1,
  ],
  ['empty lines behind one that waits', 'tcp', behind('\r\n'), 1],
  ['responses behind one that waits', 'tcp', behind('RTSP/1.0 200 OK\n\n'), 1],
  ['requests through TLS', 'tls', behind('OPTIONS * RTSP/1.0\n\n'), 2],
  ['requests through a tunnel', 'tunnel', behind('OPTIONS * RTSP/1.0\n\n'), 1],
  ['requests in messages of one byte', 'webSocket', behind('OPTIONS * RTSP/1.0\n\n'), 1],
])('%s cost what one read has', { tags: ['S-1', 'B-BIG'] }, async (_name, carrier, wire, reads) => {
  const cost = await costOf(await startHeld(), carrier, wire)
  expect(cost).toBeLessThan(reads * readBytes + aroundBytes)
})
