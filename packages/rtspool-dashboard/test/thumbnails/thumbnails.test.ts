import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '../../src/api/api-client.js'
import { Thumbnails } from '../../src/thumbnails/thumbnails.js'

/** A request for a picture, which the test answers. */
interface Asked {
  readonly path: string
  readonly signal: AbortSignal
  send(type: string): Promise<void>
  fail(error: Error): Promise<void>
}

const turn = () => vi.advanceTimersByTimeAsync(0)

/** Returns a response whose body is here: Node 24 would read it in later turns of the event loop. */
function picture(type: string): Response {
  const response = new Response(null, { headers: { 'content-type': type } })
  return Object.assign(response, { blob: async () => new Blob(['x'], { type }) })
}

describe('thumbnails', () => {
  const asked: Asked[] = []
  let page: EventTarget & { hidden: boolean }
  let freed: string[]
  beforeEach(() => {
    vi.useFakeTimers()
    asked.length = 0
    freed = []
    page = Object.assign(new EventTarget(), { hidden: false })
    vi.stubGlobal('document', page)
    let made = 0
    vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${made++}`)
    vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void freed.push(url))
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  const thumbnails = () =>
    new Thumbnails({
      open: (path, _, signal) =>
        new Promise((resolve, reject) => {
          asked.push({
            ...{ path, signal },
            send: async (type) => {
              resolve(picture(type))
              await turn()
            },
            fail: async (error) => {
              reject(error)
              await turn()
            },
          })
        }),
    })

  it('are read with a width, and again every ten seconds', async () => {
    const all = thumbnails()
    const { state } = all.show('door', 108)
    expect(state.value).toEqual({ kind: 'waiting' })
    expect(asked.map(({ path }) => path)).toEqual(['/v1/media/door/snapshot?width=108'])
    await asked[0]?.send('image/jpeg')
    expect(state.value).toEqual({ kind: 'image', url: 'blob:0' })
    await vi.advanceTimersByTimeAsync(9_999)
    expect(asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await asked[1]?.send('video/mp4')
    expect([state.value, freed]).toEqual([{ kind: 'video', url: 'blob:1' }, ['blob:0']])
    all.close()
    expect(freed).toEqual(['blob:0', 'blob:1'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('are read two at a time', async () => {
    const all = thumbnails()
    for (const name of ['a', 'b', 'c']) all.show(name, 100)
    expect(asked).toHaveLength(2)
    await asked[1]?.send('image/jpeg')
    expect(asked[2]?.path).toContain('/c/')
    await asked[0]?.send('image/jpeg')
    await asked[2]?.send('image/jpeg')
    expect(asked).toHaveLength(3)
    all.close()
  })

  it('are not read while they are off the screen', async () => {
    const all = thumbnails()
    const { state, hide } = all.show('a', 100)
    hide()
    expect(asked[0]?.signal.aborted).toBe(true)
    await asked[0]?.send('image/jpeg')
    expect([state.value, freed]).toEqual([{ kind: 'waiting' }, ['blob:0']])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(1)
    all.close()
  })

  it('wait while the page is hidden, and are read when somebody looks', async () => {
    const all = thumbnails()
    all.show('a', 100)
    await asked[0]?.send('image/jpeg')
    page.hidden = true
    page.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(1)
    page.hidden = false
    page.dispatchEvent(new Event('visibilitychange'))
    expect(asked).toHaveLength(2)
    all.close()
  })

  it('say why there is no picture, and try again later', async () => {
    const all = thumbnails()
    const { state, fail } = all.show('a', 100)
    await asked[0]?.fail(new ApiError('No key frame has arrived yet', 503))
    expect(state.value).toEqual({ kind: 'broken', reason: 'No key frame has arrived yet' })
    await vi.advanceTimersByTimeAsync(29_999)
    expect(asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await asked[1]?.send('video/mp4')
    fail()
    expect(state.value).toMatchObject({
      kind: 'broken',
      reason: expect.stringContaining('browser'),
    })
    expect(freed).toEqual(['blob:0'])
    all.close()
  })
})
