import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { isShared, sharedMemory } from '../../../src/transport/system/read-memory.js'
import { UnreadBytes } from '../../../src/transport/tcp/unread-bytes.js'

it('bytes of shared memory are copied, even if they fill most of it', () => {
  const stream = new PassThrough()
  const unread = new UnreadBytes(stream)
  const bytes = sharedMemory().subarray(0, 60_000)
  bytes.fill('a')
  unread.hold(bytes)
  bytes.fill('b')
  const held = unread.take()
  expect(held && isShared(held)).toBe(false)
  expect(held?.equals(Buffer.alloc(59_999, 'a'))).toBe(true)
  expect(String(stream.read())).toBe('a')
})
