import { MemoryStore } from 'rtspool/cluster'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import { openIpcStore, storeMethods } from '../../src/processes/ipc-store.js'
import type { StoreRequest } from '../../src/processes/process-messages.js'

/** A store whose parent process the test plays. */
function openStore(timeoutMs = 300) {
  const clock = new ManualClock()
  const sent: StoreRequest[] = []
  const accepted: ((error: Error | null) => void)[] = []
  const channel = {
    isOpen: true,
    send(message: StoreRequest, done: (error: Error | null) => void) {
      sent.push(message)
      accepted.push(done)
    },
  }
  return { ...openIpcStore(channel, { clock, timeoutMs }), clock, channel, sent, accepted }
}

const errorOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)
const storeError = (message: RegExp) => ({
  code: 'ERR_CLUSTER_STORE',
  message: expect.stringMatching(message),
})

describe('a store whose data are in the parent process', () => {
  it('has the functions of a MemoryStore, and no others', () => {
    const { store } = openStore()
    expect(Object.keys(store)).toEqual([...storeMethods])
    expect([...storeMethods]).toEqual(
      expect.arrayContaining(['join', 'beat', 'flush', 'reap', 'leave', 'ban', 'unban', 'send']),
    )
    for (const name of storeMethods) expect(new MemoryStore()).toHaveProperty(name)
    expect(storeMethods.has('clear')).toBe(false)
  })

  it('gives each caller the reply to its own request', async () => {
    const { store, receive, sent, clock } = openStore()
    const [nodes, usage] = [store.nodes(), store.usage('pool')]
    expect(sent.map(({ method, args }) => [method, args])).toEqual([
      ['nodes', []],
      ['usage', ['pool']],
    ])
    const [first, second] = sent as [StoreRequest, StoreRequest]
    receive({ kind: 'storeReply', id: second.id, result: { granted: 3, nodes: {} } })
    receive({ kind: 'storeReply', id: first.id, result: [] })
    expect([await nodes, await usage]).toEqual([[], { granted: 3, nodes: {} }])
    expect(clock.pendingTimers).toBe(0)
  })

  it('rejects without a reply in time, and ignores a late one', async () => {
    const { store, receive, sent, clock } = openStore(300)
    const failed = errorOf(store.nodes())
    clock.advance(299)
    await nextTurn()
    expect(clock.pendingTimers).toBe(1)
    clock.advance(1)
    expect(await failed).toMatchObject(storeError(/no reply to nodes in 300 ms/))
    receive({ kind: 'storeReply', id: sent[0]?.id ?? 0, result: [] })
    expect(clock.pendingTimers).toBe(0)
  })

  it('rejects what the system does not accept, and everything when the parent has ended', async () => {
    const { store, accepted, channel, close, clock } = openStore()
    const refused = errorOf(store.nodes())
    accepted[0]?.(new Error('channel closed'))
    expect(await refused).toMatchObject(storeError(/channel closed/))
    const waiting = errorOf(store.nodes())
    close()
    expect(await waiting).toMatchObject(storeError(/closed/))
    expect(await errorOf(store.nodes())).toMatchObject(storeError(/has ended/))
    expect(clock.pendingTimers).toBe(0)
    const orphan = openStore()
    orphan.channel.isOpen = false
    expect(await errorOf(orphan.store.nodes())).toMatchObject(storeError(/has ended/))
    expect(channel.isOpen).toBe(true)
  })

  it('keeps a bounded number of messages for a parent that does not read', async () => {
    const { store, clock, sent } = openStore(300)
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: 600 }, () => errorOf(store.nodes()))
      clock.advance(300)
      await Promise.all(all)
    }
    expect(sent).toHaveLength(1000)
    expect(await errorOf(store.nodes())).toMatchObject(storeError(/1000 requests wait/))
  })

  it.each([
    [{ name: 'RangeError', message: 'limit' }, RangeError],
    [{ name: 'TypeError', message: 'limit' }, TypeError],
  ])('gives a mistake of the caller its class: %o', async (error, kind) => {
    const { store, receive, sent } = openStore()
    const failed = errorOf(store.nodes())
    receive({ kind: 'storeReply', id: sent[0]?.id ?? 0, error })
    expect(await failed).toBeInstanceOf(kind)
  })

  it('says which other error the store has thrown', async () => {
    const { store, receive, sent } = openStore()
    const failed = errorOf(store.nodes())
    receive({
      ...{ kind: 'storeReply', id: sent[0]?.id ?? 0 },
      error: { name: 'Error', message: 'out of memory' },
    })
    expect(await failed).toMatchObject(storeError(/out of memory/))
  })
})
