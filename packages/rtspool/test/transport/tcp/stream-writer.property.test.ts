import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { DirectSends } from '../../../src/transport/tcp/direct-sends.js'
import { StreamWriter } from '../../../src/transport/tcp/stream-writer.js'
import { until } from '../../support/until.js'

const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

/** Two ends of a TCP connection; the far one reads only when told to. */
async function connection(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: false })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const far = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1')
  const [near] = (await once(server, 'connection')) as [Socket]
  near.on('error', () => {})
  far.pause()
  opened.push(async () => {
    near.destroy()
    far.destroy()
    server.close()
    await once(server, 'close')
  })
  return { near, far }
}

async function read(socket: Socket, sizeBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let received = 0
  socket.resume()
  while (received < sizeBytes) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    chunks.push(chunk)
    received += chunk.length
  }
  return Buffer.concat(chunks)
}

const limits = { maxBytes: 1_000_000, maxAgeMs: 2_000 }
/** More than the buffers of the kernel take. */
const flood = Buffer.alloc(16 * 1024 * 1024, 'flood')

describe.each([
  ['system calls', nativeSockets()],
  ['Node', undefined],
])('StreamWriter over %s', (_name, native) => {
  it('writes bytes whole and in order, whatever waits in between', async () => {
    const { near, far } = await connection()
    const writer = new StreamWriter(near, native && new DirectSends(native), limits)
    const parts = [
      Buffer.from('one'),
      flood,
      Buffer.from('two'),
      Buffer.from('three'),
      flood.subarray(0, 99_999),
      Buffer.from('four'),
    ]
    for (const part of parts) writer.writeFrames(part)
    const expected = Buffer.concat(parts)
    expect((await read(far, expected.length)).equals(expected)).toBe(true)
    writer.writeFrames(Buffer.from('five'))
    expect(String(await read(far, 4))).toBe('five')
  })

  it('gathers writes in order, and calls back for each message that the kernel accepts', async () => {
    const { near, far } = await connection()
    const sends = native && new DirectSends(native)
    const calls = native && vi.spyOn(native, 'send')
    const writer = new StreamWriter(near, sends, limits)
    const large = flood.subarray(0, 300_000)
    const taken: string[] = []
    const message = (text: string) => writer.writeMessage(Buffer.from(text), () => taken.push(text))
    writer.gather(() => {
      message('answer')
      writer.writeFrames(Buffer.from('report'))
      writer.gather(() => writer.writeFrames(Buffer.from('pictures')))
      expect(taken).toEqual(native ? [] : taken)
    })
    if (calls) expect(calls).toHaveBeenCalledTimes(1)
    expect(String(await read(far, 20))).toBe('answerreportpictures')
    expect(() =>
      writer.gather(() => {
        message('before')
        writer.writeFrames(large)
        writer.writeFrames(flood)
        message('after')
        throw new Error('of the application')
      }),
    ).toThrow('of the application')
    const expected = Buffer.concat([Buffer.from('before'), large, flood, Buffer.from('after')])
    expect((await read(far, expected.length)).equals(expected)).toBe(true)
    await until(() => taken.length === 3)
    expect(taken).toEqual(['answer', 'before', 'after'])
    calls?.mockRestore()
  })

  it('is congested above its bytes, and again free at half of them', async () => {
    const { near, far } = await connection()
    const writer = new StreamWriter(near, native && new DirectSends(native), limits)
    writer.writeFrames(Buffer.from('small'))
    expect(writer.isCongested).toBe(false)
    writer.writeFrames(flood)
    expect(writer.isCongested).toBe(true)
    writer.sample(0)
    expect(writer.isCongested).toBe(true)
    await read(far, 5 + flood.length)
    while (near.writableLength > 0) await once(near, 'drain')
    writer.sample(100)
    expect(writer.isCongested).toBe(false)
  })

  it('a grant is good until the peer has caught up', async () => {
    const { near, far } = await connection()
    const writer = new StreamWriter(near, native && new DirectSends(native), limits)
    writer.grant(0, flood.length)
    writer.writeFrames(flood)
    expect(writer.isCongested).toBe(false)
    await read(far, flood.length)
    while (near.writableLength > 0) await once(near, 'drain')
    writer.sample(0)
    writer.writeFrames(flood)
    expect(writer.isCongested).toBe(true)
  })

  it('the grants of several channels add up, in any order of their sizes', async () => {
    const { near } = await connection()
    const writer = new StreamWriter(near, native && new DirectSends(native), limits)
    writer.grant(0, flood.length)
    writer.writeFrames(flood)
    writer.grant(2, 100)
    writer.writeFrames(Buffer.alloc(100))
    expect(writer.isCongested).toBe(false)
    writer.sample(0)
    expect(writer.isCongested).toBe(false)
  })

  it('a channel that is granted again, or many channels, get no further', {
    tags: 'B-BACK',
  }, async () => {
    const { near } = await connection()
    const writer = new StreamWriter(near, native && new DirectSends(native), limits)
    const piece = flood.subarray(0, 4 * 1024 * 1024)
    writer.writeFrames(flood)
    for (let round = 0; round < 100; round++) writer.grant(0, piece.length)
    expect(near.writableLength).toBeGreaterThan(limits.maxBytes + piece.length)
    writer.sample(0)
    expect(writer.isCongested).toBe(true)
    for (let channel = 0; channel < 256; channel++) writer.grant(channel, piece.length)
    writer.sample(0)
    expect(writer.isCongested).toBe(false)
    for (let round = 0; round < 9; round++) writer.writeFrames(piece)
    expect(writer.isCongested).toBe(true)
  })

  it('measures how long a peer has received nothing, and resets when it has caught up', {
    tags: 'B-BACK',
  }, async () => {
    const { near, far } = await connection()
    const writer = new StreamWriter(near, native && new DirectSends(native), {
      maxBytes: 1e9,
      maxAgeMs: 2_000,
    })
    expect(writer.sample(0)).toBe(0)
    writer.writeFrames(flood)
    expect(writer.sample(500)).toBe(0)
    writer.writeFrames(Buffer.from('more'))
    expect(writer.sample(1_500)).toBe(1_000)
    expect(writer.isCongested).toBe(false)
    expect(writer.sample(3_000)).toBe(2_500)
    expect(writer.isCongested).toBe(true)
    await read(far, flood.length + 4)
    while (near.writableLength > 0) await once(near, 'drain')
    // What the peer has read may still be on its way to being acknowledged.
    await until(() => writer.sample(4_000) <= 0)
    expect(writer.isCongested).toBe(false)
  })

  it('writes nothing after the connection has been closed', async () => {
    const { near } = await connection()
    const writer = new StreamWriter(near, native && new DirectSends(native), limits)
    near.destroy()
    writer.writeFrames(Buffer.from('late'))
    expect(writer.sample(0)).toBe(0)
    expect(near.bytesWritten).toBe(0)
  })
})
