import type { Socket } from 'node:dgram'
import { Socket as TcpSocket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readShared } from '../../../src/transport/system/read-memory.js'
import { isNode, queuedBytesOf, queuedCountOf } from '../../../src/transport/system/runtime.js'
import { readTcpQueues } from '../../../src/transport/tcp/tcp-queues.js'

/** Lets the process report another runtime beside its version of Node, until the end of the test. */
function runOn(versions: Readonly<Record<string, string>>): void {
  const value = { ...process.versions, ...versions }
  vi.stubGlobal('process', Object.create(process, { versions: { value } }))
  onTestFinished(() => void vi.unstubAllGlobals())
}

describe('a runtime', { tags: 'U-12' }, () => {
  it.each([
    [{ node: '20.20.2', v8: '11.3' }, true],
    [{ node: '26.1.0', v8: '14.0', uv: '1.51.0' }, true],
    [{ node: '24.2.0', deno: '2.9.6', v8: '15.0' }, false],
    [{ node: '24.3.0', bun: '1.3.0' }, false],
    [{ deno: '2.9.6' }, false],
    [{ node: '22.1.0', electron: '38.0.0', chrome: '140.0' }, true],
  ])('of %j is Node: %s', (versions, expected) => {
    expect(isNode(versions)).toBe(expected)
  })

  it.each([{ deno: '2.9.6' }, { bun: '1.3.0' }])(
    'of %j: the server reads no tables of the kernel, and sockets keep memory of their own',
    async (versions) => {
      const socket = new TcpSocket()
      onTestFinished(() => void socket.destroy())
      const isLinux = process.platform === 'linux'
      expect((await readTcpQueues()) !== undefined).toBe(isLinux)
      runOn(versions)
      expect(await readTcpQueues()).toBeUndefined()
      const useUserBuffer = vi.fn()
      expect(readShared(Object.assign(socket, { _handle: { useUserBuffer } }), () => {})).toBe(
        false,
      )
      expect(useUserBuffer).not.toHaveBeenCalled()
      Object.assign(socket, { _handle: null })
    },
  )

  it('without a count of queued bytes has room', () => {
    const socket = {} as Socket
    expect([queuedBytesOf(socket), queuedCountOf(socket)]).toEqual([0, 0])
  })

  it('with a count of queued bytes uses it', () => {
    const socket = { getSendQueueSize: () => 1472, getSendQueueCount: () => 1 } as Socket
    expect([queuedBytesOf(socket), queuedCountOf(socket)]).toEqual([1472, 1])
  })
})
