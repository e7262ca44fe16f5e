import { describe, expect, it } from 'vitest'
import { MessageDeadline } from '../../../src/server/connection/message-deadline.js'
import { LoopClock } from '../../support/loop-clock.js'

function start() {
  const clock = new LoopClock()
  const progress = { isBetweenMessages: true, messageOffset: 0 }
  const seen = { exceeded: 0 }
  const deadline = new MessageDeadline(progress, clock, () => void seen.exceeded++)
  const begin = (messageOffset: number): void => {
    Object.assign(progress, { isBetweenMessages: false, messageOffset })
    deadline.update()
  }
  const end = (): void => {
    progress.isBetweenMessages = true
    deadline.update()
  }
  return { clock, deadline, seen, begin, end }
}

describe('MessageDeadline', () => {
  it('a message whose rest waits in the socket during a stall is in time', {
    tags: 'B-CLOCK',
  }, () => {
    const { clock, seen, begin, end } = start()
    begin(1)
    clock.readSockets = end
    clock.stall(20_000)
    clock.advance(0)
    begin(2)
    clock.readSockets = () => {}
    clock.advance(9_999)
    expect([seen.exceeded, clock.pendingTimers]).toEqual([0, 1])
    clock.advance(1)
    expect([seen.exceeded, clock.pendingTimers]).toEqual([1, 0])
  })

  it('one that has begun after a stall has its whole time', { tags: 'B-CLOCK' }, () => {
    const { clock, seen, begin, end } = start()
    begin(1)
    clock.readSockets = () => {
      end()
      begin(2)
    }
    clock.stall(20_000)
    clock.advance(0)
    clock.readSockets = () => {}
    clock.advance(9_999)
    expect(seen.exceeded).toBe(0)
    clock.advance(1)
    expect(seen.exceeded).toBe(1)
  })
})
