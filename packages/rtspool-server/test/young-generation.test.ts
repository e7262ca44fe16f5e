import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { limitYoungGeneration } from '../src/young-generation.js'

const mebibyte = 1024 * 1024
/** The first size is 2 MiB, may double while a thread starts on Node 20, and grows to 12 MiB or more without the limit. */
const limitBytes = 8 * mebibyte

/** Makes objects of which the latest 60,000 are in use, and sends the median size of the thread's young generation. */
const allocate = `
  const { parentPort } = require('node:worker_threads')
  const { getHeapSpaceStatistics } = require('node:v8')
  const sizeOfSpace = () =>
    getHeapSpaceStatistics().find((each) => each.space_name === 'new_space').space_size
  parentPort.once('message', () => {
    const used = []
    const sizes = []
    for (let i = 0; i < 600_000; i++) {
      used[i % 60_000] = { number: i, list: [i] }
      if (i >= 300_000 && i % 10_000 === 0) sizes.push(sizeOfSpace())
    }
    parentPort.postMessage(sizes.sort((a, b) => a - b)[sizes.length >> 1])
  })`

/** Median size in bytes of the young generation of a thread that allocates many objects. */
async function sizeAtWork(): Promise<number> {
  const worker = new Worker(allocate, { eval: true })
  try {
    await once(worker, 'online')
    const answer = once(worker, 'message')
    worker.postMessage('begin')
    const [size] = await answer
    return size as number
  } finally {
    await worker.terminate()
  }
}

let allowGrowth: (() => void) | undefined
afterEach(() => allowGrowth?.())

describe('the young generation of V8', () => {
  // On Node 20, the start of a thread takes the limit away for a moment.
  it('keeps its first size, also when a thread has started, until growth is allowed', async () => {
    allowGrowth = limitYoungGeneration('')
    expect(await sizeAtWork()).toBeLessThanOrEqual(limitBytes)
    allowGrowth?.()
    expect(await sizeAtWork()).toBeGreaterThan(limitBytes)
  })

  it.for(['--max-semi-space-size=16', '--title=x --min_semi_space_size=4'])(
    'is left to the option %s',
    (options) => {
      expect(limitYoungGeneration(options)).toBeUndefined()
    },
  )
})
