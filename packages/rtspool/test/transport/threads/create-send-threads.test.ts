import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/testing/index.js'
import type { NativeSockets } from '../../../src/transport/system/native-sockets.js'
import {
  automaticThreads,
  createSendThreads,
} from '../../../src/transport/threads/create-send-threads.js'
import type { SendThread } from '../../../src/transport/threads/send-thread.js'

describe('automaticThreads', () => {
  it.each([
    [1, 0],
    [2, 1],
    [8, 7],
    [64, 8],
  ])('with %d processors are %d', (processors, expected) => {
    expect(automaticThreads(processors)).toBe(expected)
  })
})

describe('createSendThreads', () => {
  it('creates none without native calls, as on Windows and macOS', () => {
    expect(createSendThreads(undefined, new ManualClock(), 2)).toBeUndefined()
  })

  it('duplicates no more descriptors than it may, and others when some are closed', async () => {
    let next = 100
    const duplicate = (): number => next++
    const closed: number[] = []
    const close = (descriptor: number): void => void closed.push(descriptor)
    const native = { duplicate, close } as unknown as NativeSockets
    const threads = createSendThreads(native, new ManualClock(), 1, 2)
    expect([1, 2, 3].map((one) => threads?.duplicate(one))).toEqual([100, 101, -1])
    threads?.closeDuplicate({} as SendThread, 100)
    expect([closed, threads?.duplicate(4)]).toEqual([[100], 102])
    await threads?.close()
  })
})
