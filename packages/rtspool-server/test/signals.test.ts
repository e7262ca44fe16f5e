import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stopSignal } from '../src/signals.js'

/** A process with a parent, and a clock for its looks at the parent. */
function childOf(env: Readonly<Record<string, string>>) {
  const own = { env, ppid: 4711 }
  const clock = new ManualClock()
  const wait = stopSignal(own, clock)
  const seen: string[] = []
  void wait.received.then((signal) => seen.push(signal))
  const lookLater = async () => {
    clock.advance(5000)
    await Promise.resolve()
    return seen
  }
  return { own, clock, wait, lookLater }
}

describe('signals that end the server', () => {
  it('count as one for half a second, and then as a wish to end at once', async () => {
    const clock = new ManualClock()
    const further: string[] = []
    const own = { env: {}, ppid: 4711 }
    const wait = stopSignal(own, clock, (signal) => void further.push(signal))
    onTestFinished(() => wait.ignore())
    process.emit('SIGTERM', 'SIGTERM')
    clock.advance(500)
    process.emit('SIGINT', 'SIGINT')
    expect([await wait.received, further]).toEqual(['SIGTERM', []])
    clock.advance(1)
    process.emit('SIGINT', 'SIGINT')
    process.emit('SIGTERM', 'SIGTERM')
    expect(further).toEqual(['SIGINT', 'SIGTERM'])
  })
})

describe('the end of the parent', () => {
  it('counts as SIGTERM if npx has started the server', async () => {
    const { own, wait, lookLater, clock } = childOf({ npm_lifecycle_event: 'npx' })
    expect(await lookLater()).toEqual([])
    own.ppid = 1
    expect(await lookLater()).toEqual(['SIGTERM'])
    expect(clock.pendingTimers).toBe(0)
    wait.ignore()
  })

  it('means nothing to a server that was started otherwise', async () => {
    const { own, wait, lookLater } = childOf({ npm_lifecycle_event: 'start' })
    own.ppid = 1
    expect(await lookLater()).toEqual([])
    wait.ignore()
  })

  it('is not looked for after the server has ended', () => {
    const { wait, clock } = childOf({ npm_lifecycle_event: 'npx' })
    wait.ignore()
    expect(clock.pendingTimers).toBe(0)
  })
})
