import { describe, expect, it } from 'vitest'
import { relayMedia } from '../../src/relay/index.js'
import { LoopGuard } from '../../src/relay/loop-guard.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { closeAfterTest } from '../support/open-things.js'
import { fakeTime } from '../support/scene.js'
import { connectTo, startServer, urlOf } from '../support/test-server.js'

describe('LoopGuard', () => {
  it('recognizes its own request, directly and through other relays', () => {
    const [a, b, c] = [new LoopGuard(), new LoopGuard(), new LoopGuard()]
    expect(a.isLoop(a.userAgent)).toBe(true)
    expect(b.isLoop(a.userAgent)).toBe(false)
    expect(c.isLoop(b.userAgent)).toBe(false)
    expect(a.isLoop(c.userAgent)).toBe(true)
  })

  it('recognizes no other User-Agent, and forgets whom it served', () => {
    const guard = new LoopGuard()
    for (const text of [undefined, '', 'VLC/3.0 (relay)', `rtspool (relay ${'a'.repeat(9)})`]) {
      expect(guard.isLoop(text)).toBe(false)
    }
    expect(guard.userAgent).toMatch(/^rtspool \(relay [0-9a-f]{8}\)$/)
    guard.isLoop('x (relay 01234567)')
    expect(guard.userAgent).toMatch(/ 01234567\)$/)
    guard.clear()
    expect(guard.userAgent).not.toContain('01234567')
  })

  it('passes on a limited number of relays', () => {
    const guard = new LoopGuard()
    for (let id = 0; id < 100; id++) guard.isLoop(`x (relay ${String(id).padStart(8, '0')})`)
    expect(guard.userAgent.split(' ')).toHaveLength(2 + 1 + 16)
  })
})

describe('a relay of itself', () => {
  it('fails at once', async () => {
    const clock = new ManualClock()
    const server = await startServer(fakeTime(clock))
    const relay = relayMedia(urlOf(server, '/cam'), { clock })
    closeAfterTest({ close: () => relay.close() })
    server.mounts.add('/cam', relay)
    const { statusCode } = await (await connectTo(server)).request(
      'DESCRIBE',
      urlOf(server, '/cam'),
    )
    expect(statusCode).toBe(508)
    expect(relay.status).toMatchObject({ state: 'failed', reason: 'loop' })
  })

  it('fails through another server, too', async () => {
    const clock = new ManualClock()
    const [one, two] = [await startServer(fakeTime(clock)), await startServer(fakeTime(clock))]
    const first = relayMedia(urlOf(two, '/cam'), { clock })
    const second = relayMedia(urlOf(one, '/cam'), { clock })
    for (const each of [first, second]) closeAfterTest({ close: () => each.close() })
    one.mounts.add('/cam', first)
    two.mounts.add('/cam', second)
    const { statusCode } = await (await connectTo(one)).request('DESCRIBE', urlOf(one, '/cam'))
    expect(statusCode).toBe(508)
    expect([first, second].map(({ status }) => status.reason)).toEqual(['loop', 'loop'])
  })
})
