import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { type NativeSockets, nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { SpacedReads } from '../../../src/transport/tcp/spaced-reads.js'
import { nextTurn, until } from '../../support/until.js'

function native(): NativeSockets {
  const loaded = nativeSockets()
  if (!loaded) throw new Error('expected koffi on Linux')
  return loaded
}

/** Connections over loopback: both ends, and the number of bytes that the near end has read. */
async function connections(count: number) {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const made: { near: Socket; far: Socket; read: number; isEnded: boolean }[] = []
  for (let index = 0; index < count; index++) {
    const far = connect(port, '127.0.0.1')
    const [near] = (await once(server, 'connection')) as [Socket]
    const one = { near, far, read: 0, isEnded: false }
    near.on('data', (bytes: Buffer) => {
      one.read += bytes.length
    })
    near.on('end', () => {
      one.isEnded = true
    })
    made.push(one)
  }
  onTestFinished(async () => {
    for (const { near, far } of made) {
      near.destroy()
      far.destroy()
    }
    server.close()
    await once(server, 'close')
  })
  return made
}

/** Two spaced connections, and one that is read as usual. */
async function scene() {
  const clock = new ManualClock()
  const spaced = new SpacedReads(clock, native())
  const [first, second, usual] = await connections(3)
  if (!first || !second || !usual) throw new Error('expected three connections')
  spaced.space(first.near)
  spaced.space(second.near)
  /** Resolves once the kernel has all bytes that were written before, and the event loop has looked for them. */
  const arrived = async (): Promise<void> => {
    const before = usual.read
    usual.far.write('x')
    await until(() => usual.read > before)
    await nextTurn(3)
  }
  return { clock, spaced, first, second, arrived }
}

describe('SpacedReads', () => {
  it('lets bytes of all sockets wait for 50 ms', async () => {
    const { clock, first, second, arrived } = await scene()
    first.far.write('one')
    second.far.write('two22')
    await arrived()
    clock.advance(49)
    await arrived()
    expect([first.read, second.read]).toEqual([0, 0])
    clock.advance(1)
    await until(() => first.read === 3 && second.read === 5)
  })

  it('reads a socket at once that was not spaced again, and leaves no timer', async () => {
    const { clock, first } = await scene()
    clock.advance(50)
    expect(clock.pendingTimers).toBe(0)
    first.far.write('one')
    await until(() => first.read === 3)
  })

  it('lets the bytes after a read wait again', async () => {
    const { clock, spaced, first, arrived } = await scene()
    clock.advance(50)
    spaced.space(first.near)
    first.far.write('one')
    await arrived()
    expect(first.read).toBe(0)
    clock.advance(50)
    await until(() => first.read === 3)
  })

  it('reads bytes before their time once there are many', async () => {
    const { first } = await scene()
    first.far.write(Buffer.alloc(2_000_000))
    await until(() => first.read > 1_900_000)
  })

  it('does not delay the end of a connection', async () => {
    const { first, second } = await scene()
    first.far.end('bye')
    await until(() => first.isEnded && first.read === 3)
    second.near.on('error', () => {})
    second.far.resetAndDestroy()
    await until(() => second.near.destroyed)
  })

  it('leaves no timer once all its sockets are removed', async () => {
    const { clock, spaced, first, second } = await scene()
    spaced.remove(first.near)
    expect(clock.pendingTimers).toBe(1)
    spaced.remove(second.near)
    spaced.remove(second.near)
    expect(clock.pendingTimers).toBe(0)
  })

  it('reads a removed socket as usual until it closes', async () => {
    const { spaced, first } = await scene()
    spaced.remove(first.near)
    first.far.write('one')
    await until(() => first.read === 3)
  })

  it('ignores closed sockets, and a kernel that refuses', async () => {
    const { clock, spaced, first } = await scene()
    first.near.destroy()
    clock.advance(50)
    spaced.space(first.near)
    const refused = new SpacedReads(clock, { setReceiveLowWater: () => false })
    const [other] = await connections(1)
    if (other) refused.space(other.near)
    expect(clock.pendingTimers).toBe(0)
  })
})
