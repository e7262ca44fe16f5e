import { describe, expect, it } from 'vitest'
import { type AdoptedClient, type PressureParts, SessionPool } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { mountCamera } from '../../support/dialogue.js'
import { connectTo, play, startServer, urlOf } from '../../support/test-server.js'

class TestClient implements AdoptedClient {
  queuedBytes = 0
  isDestroyed = false

  destroy(): void {
    this.isDestroyed = true
  }
}

async function scene() {
  const clock = new ManualClock()
  const parts: { -readonly [K in keyof PressureParts]?: number } = {
    ...{ heap: 0, memory: 0, loopDelay: 0 },
  }
  const overload = { measure: () => parts, maxQueuedBytes: 1000 }
  const server = await startServer({ clock, overload })
  mountCamera(server)
  const adopt = (queuedBytes = 0, path = '/cam') => {
    const owner = { address: '127.0.0.1', connection: {} }
    const session = server.pool.create({ owner, path })
    session.noteUse({
      ...{ action: 'read', transport: 'websocket-fmp4', isSecure: false, tunnel: undefined },
      ...{ userAgent: undefined, connectionId: 'browser' },
    })
    const client = new TestClient()
    client.queuedBytes = queuedBytes
    server.adopt(session, client)
    return { session, client }
  }
  const removed: string[] = []
  const startedAt = clock.now()
  server.pool.on('sessionRemoved', ({ use }, reason) => {
    removed.push(`${clock.now() - startedAt} ${use?.transport} ${reason}`)
  })
  return { clock, server, adopt, removed, parts }
}

describe('a session that the application serves', { tags: 'B-DRAIN' }, () => {
  it('is drained with the others, at even distances', async () => {
    const { clock, server, adopt, removed } = await scene()
    await play(await connectTo(server), urlOf(server, '/cam'), ['TCP'])
    for (let n = 0; n < 3; n++) adopt()
    const drained = server.drain({ seconds: 8 })
    clock.advance(8000)
    await drained
    expect(removed).toEqual([
      '2000 TCP drained',
      ...['4000', '6000', '8000'].map((at) => `${at} websocket-fmp4 drained`),
    ])
    expect(server.pool.listenerCount('sessionRemoved')).toBe(2)
  })

  it('counts as pressure, and ends when it has most bytes waiting', {
    tags: 'B-LOAD',
  }, async () => {
    const { clock, server, adopt, removed } = await scene()
    const timersBefore = clock.pendingTimers
    const heavy = adopt(800)
    const light = adopt(100)
    clock.advance(500)
    expect(server.stats().pressure?.parts.queues).toBe(0.9)
    heavy.client.queuedBytes = 2000
    clock.advance(500)
    expect(heavy).toMatchObject({
      session: { removalReason: 'overload' },
      client: { isDestroyed: true },
    })
    expect(light).toMatchObject({
      session: { removalReason: undefined },
      client: { isDestroyed: false },
    })
    expect(removed).toHaveLength(1)
    clock.advance(500)
    expect(server.stats().pressure?.parts.queues).toBe(0.1)
    light.session.end('kicked')
    // Without a client, nothing is measured.
    clock.advance(120_000)
    expect(clock.pendingTimers).toBe(timersBefore)
  })

  it('ends with the server, which adopts none afterwards', async () => {
    const clock = new ManualClock()
    using pool = new SessionPool({ clock })
    const server = await startServer({ clock, pool })
    const session = pool.create()
    server.adopt(session, new TestClient())
    using foreign = new SessionPool({ clock })
    expect(() => server.adopt(foreign.create(), new TestClient())).toThrow('in the pool of')
    await server.close()
    expect(session.removalReason).toBe('poolClosed')
    const late = pool.create()
    const closing = expect.objectContaining({ code: 'ERR_SERVER_CLOSING' })
    expect(() => server.adopt(late, new TestClient())).toThrow(closing)
    expect(pool.listenerCount('sessionRemoved')).toBe(0)
  })
})
