import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LivePlayer, LiveRefusal } from '../../src/live/index.js'

/** A WebSocket that a test opens and closes. */
class FakeSocket extends EventTarget {
  static opened: FakeSocket[] = []
  isClosed = false
  constructor() {
    super()
    FakeSocket.opened.push(this)
  }
  close(): void {
    this.isClosed = true
  }
  breakOff(code = 1006, reason = ''): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }))
  }
}

class FakeSource extends EventTarget {
  static isTypeSupported = () => true
}

/** The parts of a browser that a player needs; the page can be hidden. */
function startPlayer(isHidden = false, refusal?: Error) {
  FakeSocket.opened = []
  const page = Object.assign(new EventTarget(), { hidden: isHidden })
  const removeAttribute = vi.fn()
  const video = Object.assign(new EventTarget(), {
    ...{ readyState: 0, buffered: { length: 0 }, removeAttribute },
  })
  vi.stubGlobal('document', page)
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('MediaSource', FakeSource)
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:')
  vi.spyOn(URL, 'revokeObjectURL').mockReturnValue()
  const states: string[] = []
  const player = new LivePlayer(video as unknown as HTMLVideoElement, {
    connect: async () => {
      if (refusal) throw refusal
      return { url: 'ws://host/', protocols: [] }
    },
    onStatus: ({ state, text }) => states.push(`${state} ${text}`.trim()),
  })
  player.start()
  const hide = (hidden: boolean) => {
    page.hidden = hidden
    page.dispatchEvent(new Event('visibilitychange'))
  }
  return { player, video, hide, states, sockets: FakeSocket.opened }
}

const hidden = 'paused Paused while the page is hidden.'

describe('a live player on a hidden page', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })
  const turn = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

  it('leaves after three seconds, and comes back when the page is shown', async () => {
    const { player, hide, states, sockets } = startPlayer()
    await turn()
    hide(true)
    await turn(2900)
    hide(false)
    hide(true)
    await turn(2900)
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([false])
    await turn(200)
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true])
    expect(states.at(-1)).toBe(hidden)
    await turn(600_000)
    expect(sockets).toHaveLength(1)
    hide(false)
    await turn()
    expect(sockets).toHaveLength(2)
    player.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not connect again where its stream breaks off meanwhile', async () => {
    const { player, hide, states, sockets } = startPlayer()
    await turn()
    hide(true)
    sockets[0]?.breakOff()
    await turn(600_000)
    expect([sockets.length, states.at(-1)]).toEqual([1, hidden])
    hide(false)
    await turn()
    expect(sockets).toHaveLength(2)
    player.stop()
  })

  it('does not connect where it waits for another attempt', async () => {
    const { player, hide, sockets } = startPlayer()
    await turn()
    for (const wait of [500, 1000, 2000]) {
      sockets.at(-1)?.breakOff()
      await turn(wait)
    }
    expect(sockets).toHaveLength(4)
    sockets.at(-1)?.breakOff()
    hide(true)
    await turn(600_000)
    expect(sockets).toHaveLength(4)
    player.stop()
  })

  it('does not connect where the page has never been shown', async () => {
    const { player, hide, states, sockets } = startPlayer(true)
    await turn(600_000)
    expect([sockets.length, states]).toEqual([0, [hidden]])
    hide(false)
    await turn()
    expect(sockets).toHaveLength(1)
    player.stop()
  })
})

describe('a live player', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })
  const turn = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

  it.each([0, 4])('leaves a picture alone where it stops, readyState %i', async (readyState) => {
    const { player, video } = startPlayer()
    await turn()
    video.readyState = readyState
    player.stop()
    expect(video.removeAttribute.mock.calls).toEqual(readyState === 0 ? [['src']] : [])
  })

  it('tries again after a break, and stops where that is useless', async () => {
    const { states, sockets } = startPlayer()
    await turn()
    sockets[0]?.breakOff()
    expect(states.at(-1)).toMatch(/^waiting The port for live pictures cannot be reached/)
    await turn(500)
    sockets[1]?.dispatchEvent(new Event('open'))
    sockets[1]?.breakOff()
    expect(states.at(-1)).toBe('waiting The connection to the server has broken off.')
    await turn(1000)
    sockets[2]?.breakOff(4403, 'ERR_BANNED')
    expect(states.at(-1)).toBe('stopped A ban keeps you out.')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('says why a ticket is refused', async () => {
    const { states } = startPlayer(false, new LiveRefusal('The server has no live picture.'))
    await turn()
    expect(states.at(-1)).toBe('stopped The server has no live picture.')
    expect(vi.getTimerCount()).toBe(0)
  })
})
