import { describe, expect, it } from 'vitest'
import { newChild, tell } from '../../src/processes/child-process.js'
import type { ParentMessage } from '../../src/processes/process-messages.js'

const states: ParentMessage = { kind: 'sourceStates', statuses: [] }

/** A child process, the messages that it has got, and a function with which the system accepts the oldest ones. */
function createChild() {
  const received: ParentMessage[] = []
  const waiting: ((error: null) => void)[] = []
  const accept = (count: number): void => {
    for (const sent of waiting.splice(0, count)) sent(null)
  }
  const process = {
    connected: true,
    send: (message: ParentMessage, sent: (error: null) => void) => {
      received.push(message)
      waiting.push(sent)
    },
    ...{ kill: () => {}, on: () => {}, once: () => {} },
  }
  return { process, child: newChild(process), received, accept }
}

describe('a child process that hangs', () => {
  it('gets a bounded number of states, but all other messages', () => {
    const { child, received } = createChild()
    for (let count = 0; count < 150; count++) tell(child, states)
    tell(child, { kind: 'end' })
    expect([received.length, received.at(-1)]).toEqual([101, { kind: 'end' }])
  })

  it('is reported once when it reads again, if states have been left out', () => {
    const { child, received, accept } = createChild()
    let reads = 0
    const send = () => tell(child, states, () => void reads++)
    for (let count = 0; count < 100; count++) send()
    accept(100)
    expect([received.length, reads]).toEqual([100, 0])
    for (let count = 0; count < 150; count++) send()
    accept(99)
    expect([received.length, reads]).toEqual([200, 0])
    accept(1)
    expect(reads).toBe(1)
    send()
    accept(1)
    expect([received.length, reads]).toEqual([201, 1])
  })
})

it('sends nothing to a process that has ended', () => {
  const { process, child, received } = createChild()
  process.connected = false
  tell(child, { kind: 'end' })
  expect([received, child.unsent]).toEqual([[], 0])
})
