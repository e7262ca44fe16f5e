import type { Clock } from '../../src/clock.js'
import { MemoryStore } from '../../src/cluster/memory-store.js'
import type { ClusterStoreOptions } from '../../src/cluster/store-options.js'
import type { ModelStore } from './model.js'

type Verb = 'join' | 'beat' | 'flush' | 'reap' | 'leave' | 'ban' | 'unban'
type Send = (request: never) => Promise<never>

interface Sent {
  readonly verb: Verb
  readonly request: unknown
  readonly unixTimeMs: number
}

/** MemoryStore that can return with the data of an earlier moment: it carries the requests until then out again. */
export function createReturningStore(clock: Clock, options: ClusterStoreOptions): ModelStore {
  let unixTimeMs: number | undefined
  const ofStore: Clock = {
    now: () => clock.now(),
    unixTimeMs: () => unixTimeMs ?? clock.unixTimeMs(),
    schedule: (...args) => clock.schedule(...args),
  }
  const create = (): MemoryStore => new MemoryStore({ ...options, clock: ofStore })
  let store = create()
  let sent: Sent[] = []
  let saved: Sent[] = []
  const send = (verb: Verb, request: unknown) => (store[verb] as Send)(request as never)
  const record = (verb: Verb) => (request: unknown) => {
    sent.push({ verb, request, unixTimeMs: clock.unixTimeMs() })
    return send(verb, request)
  }
  return {
    ...{ join: record('join'), beat: record('beat'), flush: record('flush') },
    ...{ reap: record('reap'), leave: record('leave'), ban: record('ban'), unban: record('unban') },
    bans: () => store.bans(),
    nodes: () => store.nodes(),
    usage: (key) => store.usage(key),
    directory: (tag) => store.directory(tag),
    removals: (query) => store.removals(query),
    clear() {
      store = create()
      sent = []
      saved = []
    },
    save() {
      saved = [...sent]
    },
    async restore() {
      store = create()
      sent = [...saved]
      for (const each of saved) {
        unixTimeMs = each.unixTimeMs
        await send(each.verb, each.request)
      }
      unixTimeMs = undefined
    },
  }
}
