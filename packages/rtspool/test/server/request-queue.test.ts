import { describe, expect, it } from 'vitest'
import { RtspHeaders, type RtspRequest } from '../../src/rtsp/index.js'
import { ok } from '../../src/server/request-context.js'
import { RequestQueue } from '../../src/server/request-queue.js'

/** A queue whose client takes as many answers as `taken` says. */
function start(handle = () => ok) {
  const owner = {
    handled: 0,
    taken: Number.POSITIVE_INFINITY,
    rounds: 0,
    get takesAnswers() {
      return owner.handled < owner.taken
    },
    handle: () => {
      owner.handled++
      return handle()
    },
    reply: () => {},
    failed: () => {},
    answered: () => void owner.rounds++,
  }
  const queue = new RequestQueue(owner)
  const ask = (count: number): void => {
    for (let asked = 0; asked < count; asked++) queue.push(request)
    void queue.run()
  }
  return { owner, queue, ask }
}

const request: RtspRequest = {
  kind: 'request',
  method: 'OPTIONS',
  uri: '*',
  version: '1.0',
  headers: new RtspHeaders(),
  body: Buffer.alloc(0),
}

const nextTurn = () => new Promise(setImmediate)

describe('RequestQueue', () => {
  it('answers what is there at once', () => {
    const { owner, queue, ask } = start()
    ask(10)
    expect([owner.handled, owner.rounds, queue.isAnswering]).toEqual([10, 1, false])
  })

  it.each([
    ['at once', () => ok],
    ['with a promise that is kept already', async () => ok],
  ])('B-LOOP 2,000 requests, answered %s, do not keep others waiting', async (_name, handle) => {
    const { owner, ask } = start(handle as () => typeof ok)
    ask(2000)
    let turns = 0
    for (let before = 0; owner.handled < 2000; before = owner.handled) {
      await nextTurn()
      turns++
      expect(owner.handled - before).toBeLessThanOrEqual(32)
    }
    expect(turns).toBeGreaterThan(60)
  })

  it('B-CSEQ asks no handler while the client does not take its answers', async () => {
    const { owner, queue, ask } = start()
    owner.taken = 5
    ask(2000)
    await nextTurn()
    queue.resume()
    expect([owner.handled, queue.size, owner.rounds]).toEqual([5, 1995, 0])
    owner.taken = 7
    queue.resume()
    expect([owner.handled, queue.size, owner.rounds]).toEqual([7, 1993, 0])
    owner.taken = 2000
    queue.resume()
    while (owner.rounds === 0) await nextTurn()
    expect([owner.handled, queue.size, owner.rounds]).toEqual([2000, 0, 1])
  })

  it('forgets what waits', async () => {
    const { owner, queue, ask } = start()
    ask(100)
    queue.clear()
    await nextTurn()
    expect([owner.handled < 100, owner.rounds]).toEqual([true, 1])
  })
})
