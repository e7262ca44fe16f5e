import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../rtspool/test/support/until.js'
import { drainAndClose } from '../src/drain-and-close.js'
import type { StopSignal } from '../src/signals.js'

/** A command of fake parts, which note what happens to them in order. */
function createCommand() {
  const clock = new ManualClock()
  const steps: string[] = []
  const note = (step: string) => async () => void steps.push(step)
  const servers = {
    server: {
      pool: { size: 3 } as never,
      drain: async ({ seconds = 0 }) => void steps.push(`drain ${seconds}`),
      close: note('close server'),
    },
    control: {
      noteClosing: () => void steps.push('not ready'),
      noteDraining: (seconds: number) => void steps.push(`note drain ${seconds}`),
      close: note('close API'),
    },
    recordings: { close: note('close recordings') },
    sources: { close: note('close sources') },
    cluster: { closeTunnels: () => void steps.push('close tunnels'), close: note('leave cluster') },
    own: { closePort: () => void steps.push('close port') },
  }
  const log = { info: () => {} }
  const end = (signal: StopSignal, drainSeconds: number, drainDelaySeconds: number) =>
    drainAndClose(signal, servers, { sessions: { drainSeconds, drainDelaySeconds }, log, clock })
  return { clock, steps, end }
}

const closing = [
  ...['close port', 'close tunnels', 'close recordings', 'close server'],
  ...['close sources', 'leave cluster', 'close API'],
]

describe('the end of the command', () => {
  it('turns the readiness first, waits, drains, and closes', async () => {
    const { clock, steps, end } = createCommand()
    const ended = end('SIGTERM', 20, 5)
    clock.advance(4999)
    await nextTurn()
    expect(steps).toEqual(['not ready'])
    clock.advance(1)
    await ended
    expect(steps).toEqual(['not ready', 'note drain 20', 'drain 20', ...closing])
    expect(clock.pendingTimers).toBe(0)
  })

  it('waits also when all sessions end at once', async () => {
    const { clock, steps, end } = createCommand()
    const ended = end('SIGTERM', 0, 5)
    await nextTurn()
    expect(steps).toEqual(['not ready'])
    clock.advance(5000)
    await ended
    expect(steps).toEqual(['not ready', ...closing])
  })

  it.each<[StopSignal, number, number]>([
    ['SIGINT', 20, 5],
    ['SIGTERM', 0, 0],
  ])('waits for nothing at %s with a drain of %s s and a delay of %s s', async (...how) => {
    const { clock, steps, end } = createCommand()
    await end(...how)
    expect([steps, clock.scheduled]).toEqual([['not ready', ...closing], 0])
  })
})
