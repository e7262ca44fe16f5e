import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.js'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { DirectSends } from '../../../src/transport/tcp/direct-sends.js'
import { StreamWriter } from '../../../src/transport/tcp/stream-writer.js'
import { entryKinds } from '../../../src/transport/threads/entries.js'
import { SendThread } from '../../../src/transport/threads/send-thread.js'
import { SendThreads } from '../../../src/transport/threads/send-threads.js'
import { ThreadSends } from '../../../src/transport/worker/thread-sends.js'
import { SendThreadWorld, slot } from '../../support/send-thread-world.js'
import { until } from '../../support/until.js'

const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

describe('SendThreads', () => {
  it('closes the duplicate of a descriptor when the thread has passed all entries of its slot', () => {
    const world = new SendThreadWorld()
    world.give()
    expect(world.descriptors.size).toBe(1)
    world.write('last')
    let isFree = false
    world.threads.tokens.forget(slot, () => {
      isFree = true
    })
    world.collect()
    expect([world.descriptors.size, isFree]).toEqual([1, false])
    world.settle()
    expect([world.wire, world.descriptors.size, isFree]).toEqual([['last'], 0, true])
    expect(world.threads.tokens.of(slot)).toBeUndefined()
  })

  it('uses a duplicate again when the thread gets the write side back', () => {
    const world = new SendThreadWorld()
    world.give()
    world.threads.tokens.takeBack(slot)
    world.settle()
    expect(world.threads.tokens.isOnMain(slot)).toBe(true)
    world.give()
    world.write('again')
    world.settle()
    expect([world.wire, world.descriptors.size]).toEqual([['again'], 1])
  })

  it('calls back for the write side only when everything in front has been written', () => {
    const world = new SendThreadWorld({ accepts: () => 1 })
    world.give()
    world.write('media')
    world.threads.tokens.whenOnMain(slot, () => world.wire.push('end'))
    world.write('answer')
    world.step()
    world.step()
    expect(world.wire).toEqual(['m'])
    world.settle()
    expect(world.wire).toEqual(['m', 'edia', 'answer', 'end'])
  })

  it.each([
    ['the process may open no more descriptors', { hasNoDescriptors: true }],
    ['the system refuses threads', { refusesThreads: true }],
  ])('leaves the write side on the event loop if %s', (_name, options) => {
    const world = new SendThreadWorld(options)
    expect(world.give()).toBe(false)
    world.write('text')
    expect([world.wire, world.descriptors.size, world.failures]).toEqual([['text'], 0, []])
  })

  it('ends connections under way when a thread handles nothing for ten seconds', () => {
    const world = new SendThreadWorld()
    world.give()
    world.write('never sent')
    world.clock.advance(9_000)
    expect(world.failed).toBe(0)
    world.clock.advance(2_000)
    expect([world.failed, world.failures.length, world.terminations]).toEqual([1, 1, 1])
    expect(world.failures[0]?.message).toBe('a send thread has handled nothing for 10 s')
    // The thread may still be in a call with the duplicate.
    expect(world.descriptors.size).toBe(1)
    world.end()
    expect([world.descriptors.size, world.failed]).toEqual([0, 1])
    expect(world.threads.threads).toEqual([])
  })

  it('does not take an idle or slow thread for one that stands still', () => {
    const world = new SendThreadWorld()
    world.give()
    world.settle()
    world.clock.advance(60_000)
    for (let second = 0; second < 20; second++) {
      world.write('one')
      world.write('two')
      world.step()
      world.clock.advance(1_000)
    }
    expect(world.failed).toBe(0)
  })

  it('costs only the connections under way when a thread ends by itself', () => {
    const world = new SendThreadWorld()
    world.give()
    world.threads.tokens.takeBack(slot)
    world.settle()
    world.end(new Error('out of memory'))
    // The event loop had the write side.
    expect([world.failed, world.failures.map(String)]).toEqual([0, ['Error: out of memory']])
    expect([world.give(), world.started]).toEqual([true, 2])
    world.write('by the second thread')
    world.settle()
    expect(world.wire).toEqual(['by the second thread'])
  })

  it('starts no thread any more after three failures in a minute', () => {
    const world = new SendThreadWorld()
    const other = 4
    for (let failure = 0; failure < 3; failure++) {
      world.threads.tokens.register(other, world)
      expect(world.threads.tokens.give(other, 20)).toBe(true)
      world.end()
      world.threads.tokens.forget(other, () => {})
    }
    expect([world.give(), world.started]).toEqual([false, 3])
    world.clock.advance(60_000)
    expect([world.give(), world.started]).toEqual([true, 4])
  })

  it('has room for answers while the ring is full of media', () => {
    const world = new SendThreadWorld({ entriesBytes: 128 * 1024 })
    world.give()
    for (const sizeBytes of [1000, 1]) {
      const media = { sizeBytes, media: undefined }
      while (world.thread.reserve(entryKinds.send, 1, sizeBytes, media) >= 0) world.thread.commit()
    }
    world.write('answer')
    expect([world.threads.tokens.pendingOn(slot), world.threads.tokens.isOnMain(slot)]).toEqual([
      0,
      false,
    ])
    expect(world.threads.tokens.of(slot)?.state).toBe('thread')
    world.settle()
    expect(world.wire).toEqual(['answer'])
  })

  it('keeps what does not fit the ring, in order, until the thread has passed the rest', () => {
    const world = new SendThreadWorld({ entriesBytes: 128 * 1024 })
    world.give()
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(4000, '.'))
    for (const text of texts) world.write(text)
    expect(world.threads.tokens.pendingOn(slot)).toBeGreaterThan(0)
    world.settle()
    expect(world.wire).toEqual(texts)
    expect(world.threads.tokens.pendingOn(slot)).toBe(0)
  })
})

/** Connections whose thread handles entries only when it is told to. */
async function heldThread(isDuplicated: boolean) {
  const native = nativeSockets()
  if (!native) throw new Error('expected koffi on Linux')
  let side: ThreadSends | undefined
  let held: SendThread | undefined
  const threads = new SendThreads({
    clock: systemClock,
    maxThreads: 1,
    handOverFrom: 1,
    splitFrom: 1,
    stallMs: 10_000,
    calls: isDuplicated ? native : { duplicate: (descriptor) => descriptor, close: () => {} },
    start: (thread, { ready }) => {
      held = thread
      const base = Number(native.addressOf(thread.bytes))
      side = new ThreadSends(thread.memory, {
        send: (descriptor, offset, size) => native.send(descriptor, base + offset, size),
        waitForReader: () => {},
      })
      ready()
      return { terminate: async () => {} }
    },
  })
  const sends = new DirectSends(native, threads)
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const sockets: Socket[] = []
  opened.push(async () => {
    for (const socket of sockets) socket.destroy()
    await until(() => {
      run()
      return sends.size === 0
    })
    await threads.close()
    listener.close()
    await once(listener, 'close')
  })
  const run = (): void => {
    while (side?.take()) {}
    held?.collect()
  }
  const open = async () => {
    const client = connect(port, '127.0.0.1')
    const [[socket]] = (await Promise.all([
      once(listener, 'connection'),
      once(client, 'connect'),
    ])) as [[Socket], unknown]
    sockets.push(client, socket)
    client.on('error', () => {})
    socket.on('error', () => {})
    const received: string[] = []
    // Both ends belong to this process: either may get the number of a closed descriptor.
    for (const end of [client, socket]) end.on('data', (data) => received.push(String(data)))
    const writer = new StreamWriter(socket, sends, { maxBytes: 1e6, maxAgeMs: 2000 })
    socket.once('close', () => writer.release())
    return { client, socket, writer, received, slot: writer.direct?.slot ?? -1 }
  }
  return { open, run, sends, threads }
}

describe('SendThread', () => {
  it.each([0, 2 ** 31 - 1, 2 ** 32 - 3])(
    'has passed positions of any age, from %i on',
    (position) => {
      const listener = { reported: () => {}, advanced: () => {} }
      const sizes = { entriesBytes: 1024, reportsBytes: 1024, position }
      const thread = new SendThread(systemClock, new SharedArrayBuffer(4), listener, sizes)
      for (const age of [0, 1, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 3 * 2 ** 30])
        expect(thread.hasPassed((position - age) | 0)).toBe(true)
      let end = position
      thread.control(entryKinds.mark, 0, 0, {
        onEntered: (at) => {
          end = at
        },
      })
      expect(thread.hasPassed(end)).toBe(false)
    },
  )
})

describe('the descriptor of a thread', () => {
  it.each([
    ['is a duplicate, so that a later connection gets nothing of an earlier one', true],
    ['would be that of a later connection, if it were no duplicate', false],
  ])('%s', async (_name, isDuplicated) => {
    const { open, run, sends } = await heldThread(isDuplicated)
    const first = await open()
    sends.giveToThread(first.slot)
    run()
    first.writer.writeFrames(Buffer.from('for the first'))
    // The thread stands still, while Node closes the socket and the system gives its number away.
    first.socket.destroy()
    await once(first.socket, 'close')
    const later = [await open(), await open(), await open(), await open()]
    run()
    for (const { writer } of later) writer.writeFrames(Buffer.from('for a later one'))
    await until(() => later.every(({ received }) => received.join('').includes('later')))
    const foreign = later.filter(({ received }) => received.join('').includes('first'))
    expect(foreign.length).toBe(isDuplicated ? 0 : 1)
  })
})
