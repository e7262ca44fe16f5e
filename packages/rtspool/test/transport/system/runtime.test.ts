import type { Socket } from 'node:dgram'
import { describe, expect, it } from 'vitest'
import { isNode, queuedBytesOf, queuedCountOf } from '../../../src/transport/system/runtime.js'

describe('a runtime', { tags: 'U-12' }, () => {
  it.each([
    [{ node: '20.20.2', v8: '11.3' }, true],
    [{ node: '26.1.0', v8: '14.0', uv: '1.51.0' }, true],
    [{ node: '24.2.0', deno: '2.9.6', v8: '15.0' }, false],
    [{ node: '24.3.0', bun: '1.3.0' }, false],
  ])('of %j is Node: %s', (versions, expected) => {
    expect(isNode(versions)).toBe(expected)
  })

  it('without a count of queued bytes has room', () => {
    const socket = {} as Socket
    expect([queuedBytesOf(socket), queuedCountOf(socket)]).toEqual([0, 0])
  })

  it('with a count of queued bytes uses it', () => {
    const socket = { getSendQueueSize: () => 1472, getSendQueueCount: () => 1 } as Socket
    expect([queuedBytesOf(socket), queuedCountOf(socket)]).toEqual([1472, 1])
  })
})
