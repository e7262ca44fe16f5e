import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { closeLostConnections } from '../../src/processes/lost-connections.js'

/** A child process that the test plays. */
class FakeChild extends EventEmitter {
  readonly sent: unknown[][] = []

  send(...args: unknown[]): boolean {
    this.sent.push(args)
    return true
  }
}

it('closes the connections that a child has not confirmed when it ends, and no others', () => {
  const child = new FakeChild()
  closeLostConnections(child)
  const closed: number[] = []
  const pass = (seq: number) =>
    child.send({ cmd: 'NODE_CLUSTER', act: 'newconn', seq }, { close: () => closed.push(seq) })
  for (const seq of [1, 2, 3]) expect(pass(seq)).toBe(true)
  child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 2, accepted: true })
  child.emit('internalMessage', { cmd: 'NODE_CLUSTER', act: 'online' })
  child.send({ kind: 'end' }, undefined, undefined, () => {})
  expect([child.sent.length, closed]).toEqual([4, []])
  expect(child.sent[3]).toHaveLength(4)
  child.emit('close')
  expect(closed).toEqual([1, 3])
})
