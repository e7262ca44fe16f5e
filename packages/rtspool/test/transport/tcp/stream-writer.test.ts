import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { InterleavedGroup } from '../../../src/media/fan-out/interleaved-group.js'
import { PacketBatch } from '../../../src/media/fan-out/packet-batch.js'
import type { InterleavedReader } from '../../../src/media/fan-out/reader.js'
import { frameInterleaved } from '../../../src/rtsp/index.js'
import { StreamWriter } from '../../../src/transport/tcp/stream-writer.js'
import { HeldThreads } from '../../support/held-threads.js'
import { nextTurn } from '../../support/until.js'

/** Number that no descriptor of this process has. */
const descriptor = 100_000

/** A writer whose viewer joins a group that a held thread serves. The stream keeps what is written to it. */
function writerOf(maxBytes: number) {
  const held = new HeldThreads()
  const group = new InterleavedGroup(0, held.clock)
  for (let index = 0; index < 4; index++) group.add(held.reader(10 + index), [])
  const written: Buffer[] = []
  let next: (() => void) | undefined
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk)
      next = done
    },
  })
  const socket = Object.assign(stream, { _handle: { fd: descriptor } }) as unknown as Socket
  const writer = new StreamWriter(socket, held.sends, { maxBytes, maxAgeMs: 1e9 })
  const reader: InterleavedReader = {
    kind: 'interleaved',
    carrier: writer,
    channels: [0, 1],
    counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
  }
  const send = (packet: Buffer): void => {
    const batch = new PacketBatch()
    batch.push(packet, 0)
    group.send(batch)
  }
  /** Lets the kernel accept all that waits in the stream. */
  const drain = async (): Promise<void> => {
    while (next) {
      const done = next
      next = undefined
      done()
      await nextTurn()
    }
  }
  const threaded = () => held.sentTo(descriptor)
  return { held, group, writer, reader, send, drain, written, threaded }
}

const first = Array.from({ length: 20 }, (_, index) => Buffer.alloc(1000, index))

describe('StreamWriter of a viewer whose group is served by a send thread', () => {
  it('gives the thread the answer and the cached packets as one entry, in front of later batches', () => {
    const { held, group, writer, reader, send, written, threaded } = writerOf(1e6)
    const taken: string[] = []
    writer.gather(() => {
      writer.writeMessage(Buffer.from('answer'), () => taken.push('answer'))
      group.add(reader, first)
      expect(held.threads.tokens.isOnMain(writer.direct?.slot ?? -1)).toBe(true)
    })
    expect(taken).toEqual(['answer'])
    const latest = Buffer.from('latest')
    send(latest)
    writer.writeMessage(Buffer.from('later'), () => taken.push('later'))
    held.run()
    expect(threaded()).toEqual({
      loop: [],
      thread: [
        `answer${frameInterleaved(0, first).toString('latin1')}`,
        frameInterleaved(0, [latest]).toString('latin1'),
        'later',
      ],
    })
    expect(written).toEqual([])
    expect(held.threads.threads[0]?.packetsOut).toBe(first.length + 5)
  })

  it('keeps the allowance for cached packets until the thread has sent them', async () => {
    const { held, group, writer, reader, drain, written } = writerOf(5000)
    writer.gather(() => group.add(reader, first))
    writer.sample(0)
    held.full.add(descriptor)
    held.run()
    expect(Buffer.concat(written).equals(frameInterleaved(0, first))).toBe(true)
    expect([writer.queuedBytes, writer.isCongested]).toEqual([20_080, false])
    writer.sample(1)
    await drain()
    writer.sample(2)
    held.run()
    writer.writeFrames(Buffer.alloc(5001))
    held.run()
    expect(writer.isCongested).toBe(true)
  })

  it('writes them itself, at once, while the thread is late', () => {
    const { held, group, writer, reader, send, threaded } = writerOf(1e6)
    send(Buffer.from('late'))
    held.clock.advance(2001)
    writer.gather(() => {
      writer.writeMessage(Buffer.from('answer'), () => {})
      group.add(reader, first)
    })
    const all = `answer${frameInterleaved(0, first).toString('latin1')}`
    expect(threaded()).toEqual({ loop: [all], thread: [] })
    held.run()
    expect(threaded().thread).toEqual([])
  })

  it('writes them itself, behind the answer, if bytes wait in the stream', async () => {
    const { held, group, writer, reader, written, drain, threaded } = writerOf(1e6)
    held.full.add(descriptor)
    writer.writeFrames(Buffer.from('waits'))
    writer.gather(() => {
      writer.writeMessage(Buffer.from('answer'), () => {})
      group.add(reader, first)
    })
    held.run()
    await drain()
    const all = `waitsanswer${frameInterleaved(0, first).toString('latin1')}`
    expect(Buffer.concat(written).toString('latin1')).toBe(all)
    expect(threaded().thread).toEqual([])
  })
})
