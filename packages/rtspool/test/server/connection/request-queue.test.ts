import { describe, expect, it } from 'vitest'
import { RtspHeaders, type RtspRequest } from '../../../src/rtsp/index.js'
import {
  RequestQueue,
  type RequestQueueOwner,
} from '../../../src/server/connection/request-queue.js'
import { RequestTurns } from '../../../src/server/connection/request-turns.js'
import { ok, type Reply } from '../../../src/server/request/request-context.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn, until } from '../../support/until.js'

const request: RtspRequest = {
  kind: 'request',
  method: 'OPTIONS',
  uri: '*',
  version: '1.0',
  headers: new RtspHeaders(),
  body: Buffer.alloc(0),
}

/** A client that sends as soon as the queue is ready, and takes as many answers as `taken` says. */
class Client implements RequestQueueOwner {
  readonly queue: RequestQueue
  readonly handle: () => Reply | Promise<Reply>
  isGone = false
  readonly remoteAddress = '192.0.2.1'
  unsent = 0
  answeredCount = 0
  failedCount = 0
  abandonedBy: unknown
  readonly waited: RtspRequest[] = []
  taken = Number.POSITIVE_INFINITY
  milliseconds = 0
  readonly times: number[] = []
  #isSending = false

  constructor(
    handle: () => Reply | Promise<Reply> = () => ok,
    turns = new RequestTurns(new ManualClock()),
  ) {
    this.queue = new RequestQueue(this, turns)
    this.handle = handle
  }

  isClosed(): boolean {
    return this.isGone
  }

  takesAnswers(): boolean {
    return this.answeredCount < this.taken
  }

  waits(waiting: RtspRequest): void {
    this.waited.push(waiting)
  }

  reply(): void {
    this.answeredCount++
  }

  now(): number {
    return this.milliseconds
  }

  responded(_request: RtspRequest, _statusCode: number, milliseconds: number): void {
    this.times.push(milliseconds)
  }

  failed(): void {
    this.failedCount++
  }

  answered(): void {
    this.send(0)
  }

  abandoned(error: unknown): void {
    this.abandonedBy = error
  }

  send(count: number): void {
    this.unsent += count
    if (this.#isSending) return
    this.#isSending = true
    for (; this.unsent > 0 && this.queue.isReady; this.unsent--) this.queue.push(request)
    this.#isSending = false
  }
}

describe('RequestQueue', () => {
  it('answers queued requests at once', () => {
    const client = new Client()
    client.send(3)
    expect([client.answeredCount, client.queue.isAnswering, client.queue.isReady]).toEqual([
      3,
      false,
      true,
    ])
  })

  it('tells how long each response took, waiting for a turn included', async () => {
    const turns = new RequestTurns(new ManualClock())
    while (turns.take()) turns.take()
    let settle: (reply: Reply) => void = () => undefined
    const client = new Client(() => new Promise((resolve) => (settle = resolve)), turns)
    client.milliseconds = 1000
    client.send(1)
    client.milliseconds += 20
    await nextTurn(2)
    client.milliseconds += 5
    settle(ok)
    await until(() => client.answeredCount === 1)
    expect(client.times).toEqual([25])
    const failing = new Client(() => {
      throw new Error('no camera')
    })
    failing.send(1)
    expect(failing.times).toEqual([0])
  })

  it.each([
    ['at once', () => ok],
    ['with a promise that is kept already', async () => ok],
  ])(
    '2,000 requests, answered %s, do not keep others waiting',
    { tags: 'B-LOOP' },
    async (_name, handle) => {
      const client = new Client(handle)
      client.send(2000)
      let turns = 0
      for (let before = 0; client.answeredCount < 2000; before = client.answeredCount) {
        await nextTurn()
        turns++
        expect(client.answeredCount - before).toBeLessThanOrEqual(8)
      }
      expect(turns).toBeGreaterThan(240)
    },
  )

  it('expensive requests of 1,000 clients at once take turns', {
    tags: ['S-1', 'B-LOOP'],
  }, async () => {
    const turns = new RequestTurns(new ManualClock())
    const clients = Array.from({ length: 1000 }, () => new Client(async () => ok, turns))
    const answered = () => clients.reduce((sum, { answeredCount }) => sum + answeredCount, 0)
    for (const client of clients) client.send(1)
    for (let before = 0; answered() < clients.length; before = answered()) {
      await nextTurn()
      expect(answered() - before).toBeLessThanOrEqual(24)
    }
    expect(clients.every(({ queue }) => queue.isReady)).toBe(true)
  })

  it('asks no handler for a client that has gone before its turn', { tags: 'S-1' }, async () => {
    const turns = new RequestTurns(new ManualClock())
    while (turns.take());
    const client = new Client(() => ok, turns)
    client.send(1)
    client.isGone = true
    await nextTurn()
    await nextTurn()
    expect([client.answeredCount, client.queue.isAnswering]).toEqual([0, false])
  })

  it('reports a request that must wait for its turn, and is not idle meanwhile', async () => {
    const turns = new RequestTurns(new ManualClock())
    const client = new Client(() => ok, turns)
    client.send(1)
    expect([client.waited, client.queue.isIdle]).toEqual([[], true])
    while (turns.take());
    client.send(1)
    expect([client.waited, client.answeredCount]).toEqual([[request], 1])
    expect([client.queue.isWaitingForTurn, client.queue.isIdle]).toEqual([true, false])
    await nextTurn()
    expect([client.answeredCount, client.queue.isIdle]).toEqual([2, true])
  })

  it('calls no handler while the client does not read its responses', {
    tags: 'B-CSEQ',
  }, async () => {
    const client = new Client()
    client.taken = 2
    client.send(2000)
    await nextTurn()
    expect([client.answeredCount, client.queue.isReady]).toEqual([2, false])
    client.taken = 3
    client.send(0)
    expect([client.answeredCount, client.queue.isReady]).toEqual([3, false])
    client.taken = 2000
    client.send(0)
    await until(() => client.answeredCount === 2000)
    expect(client.unsent).toBe(0)
  })

  it('has one request under way, and accepts no other', { tags: 'S-1' }, async () => {
    let finish = (): void => {}
    const client = new Client(() => new Promise((resolve) => (finish = () => resolve(ok))))
    client.send(3)
    expect([client.unsent, client.queue.isAnswering, client.queue.isReady]).toEqual([
      2,
      true,
      false,
    ])
    expect(() => client.queue.push(request)).toThrow(TypeError)
    finish()
    await nextTurn()
    expect([client.answeredCount, client.unsent]).toEqual([1, 1])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('a fault')
      },
    ],
    ['rejects', () => Promise.reject(new Error('a fault'))],
  ])('answers a request whose handler %s, and goes on', async (_name, handle) => {
    const client = new Client(handle)
    client.send(2)
    await nextTurn()
    expect([client.failedCount, client.answeredCount, client.queue.isReady]).toEqual([2, 2, true])
  })

  describe.each([
    [
      'throws',
      (fault: Error) => () => {
        throw fault
      },
    ],
    ['rejects', (fault: Error) => () => Promise.reject(fault)],
  ])('a failure that cannot be reported, after a handler that %s', (_name, failing) => {
    const second = new Error('a second fault')
    const fail = (): never => {
      throw second
    }

    it.each(['failed', 'reply'] as const)('ends the connection alone: %s throws', async (step) => {
      const turns = new RequestTurns(new ManualClock())
      const client = new Client(failing(new Error('a fault')), turns)
      const neighbour = new Client(async () => ok, turns)
      client[step] = fail
      client.send(1)
      neighbour.send(1)
      await nextTurn()
      expect(client.abandonedBy).toBe(second)
      expect([neighbour.answeredCount, neighbour.abandonedBy]).toEqual([1, undefined])
    })
  })

  it('ends a connection that cannot go on after an answer, and keeps the turns of others', async () => {
    const turns = new RequestTurns(new ManualClock())
    while (turns.take());
    const fault = new Error('a fault')
    const client = new Client(() => ok, turns)
    client.answered = () => {
      throw fault
    }
    const neighbour = new Client(() => ok, turns)
    client.send(1)
    neighbour.send(1)
    await until(() => neighbour.answeredCount === 1)
    expect(client.abandonedBy).toBe(fault)
  })
})
