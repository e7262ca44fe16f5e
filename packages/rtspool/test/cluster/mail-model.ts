import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { ClusterStore } from '../../src/cluster/cluster-store.js'
import { MemoryStore } from '../../src/cluster/memory-store.js'
import { MailRoom, type NodeAnswer } from '../../src/cluster/node/mail-room.js'
import { StoreLoop } from '../../src/cluster/node/store-loop.js'
import { mailMs, mailPage, maxMails } from '../../src/cluster/store-options.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

const timeoutMs = 1000
const beatMs = 200
/** Longest step of the clock, within which an answer may be late. */
const stepMs = 10
/** Milliseconds after the last fault within which a request may still suffer from it. */
const afterFaultMs = 300
/** Every so many requests, the node that carries out the request fails. */
const failsEvery = 5
/** Times of the ledger: its time stands still through an outage of more than half a lease, and no node dies. */
const ledgerTimes = { leaseMs: 4000, graceMs: 600_000, warmMs: 0 }
/** Shortest outage of the store for all nodes; and a step of the wall clock, which is longer than all outages together. */
const hangMs = 2100
const clockStepMs = 600_000
/** Milliseconds for which a process stands still. */
const stallMs = 1200

const operations = {
  ask: 12,
  burst: 2,
  tick: 14,
  forge: 3,
  loseSend: 2,
  loseCollect: 2,
  cut: 2,
  hang: 2,
  stall: 2,
  heal: 5,
  leave: 1,
  wipe: 1,
} as const
type Operation = keyof typeof operations

interface Step {
  readonly op: Operation
  readonly at: number
  readonly n: number
}

interface Node {
  readonly member: { tag: string; epoch: string }
  readonly room: MailRoom
  /**
   * Fault of the next request to the store: the request does not arrive, its reply is lost, or the process stands still
   * before it reads the reply.
   */
  fault: 'cut' | 'send' | 'collect' | 'stall' | undefined
  /** Number of the last beat. */
  seq: number
}

/** A request of the model, its fate, and its answer. */
interface Asked {
  readonly id: number
  readonly to: string
  readonly sentAt: number
  /** No fault can have touched the request. */
  isSafe: boolean
  runs: number
  answer: NodeAnswer | undefined
}

/** Three nodes with mail rooms, whose requests to the store and their replies may be lost. */
class MailWorld {
  readonly #clock = new ManualClock()
  readonly #store = new MemoryStore({ clock: this.#clock, ...ledgerTimes })
  readonly #nodes: Node[] = []
  readonly #asked: Asked[] = []
  /** What was wrong where no error leaves the mail room. */
  readonly #wrong: string[] = []
  /** Text of the last request, and the tag of its sender. */
  #lastText = ''
  #joins = 0
  #calmSince = Number.NEGATIVE_INFINITY
  #beatAt = 0

  async start(): Promise<void> {
    for (let n = 0; n < 3; n++) {
      const node = this.#createNode()
      this.#nodes.push(node)
      await this.#join(node)
    }
  }

  async run({ op, at, n }: Step): Promise<void> {
    const node = this.#nodes[at] as Node
    const other = this.#nodes[(at + 1 + (n % 2)) % 3] as Node
    if (op === 'ask') this.#ask(node, other)
    if (op === 'burst') for (let i = 0; i < mailPage + 4; i++) this.#ask(node, other)
    if (op === 'tick') await this.#pass((n + 1) * 40)
    if (op === 'forge') await this.#forge()
    if (op === 'heal') node.fault = undefined
    if (op === 'loseSend' || op === 'loseCollect' || op === 'cut') {
      this.#noteFault()
      node.fault = op === 'cut' ? 'cut' : op === 'loseSend' ? 'send' : 'collect'
    }
    if (op === 'hang') await this.#hang(hangMs + n * 40, n % 2 === 0 ? 0 : -clockStepMs)
    if (op === 'stall') node.fault = 'stall'
    if (op === 'leave') {
      this.#noteFault()
      await this.#store.leave(node.member)
      assert.equal(await this.#store.send({ to: node.member.tag, text: 'late' }), 'gone')
      await this.#join(node)
    }
    if (op === 'wipe') {
      this.#noteFault()
      this.#store.clear()
      for (const each of this.#nodes) await this.#join(each, each.member.tag)
    }
    await this.#settle()
    // Timers that became due while a process stood still.
    this.#clock.advance(0)
    await this.#settle()
    this.#check()
  }

  /** Ends all faults, and checks that every node answers every other one, and what a mailbox holds. */
  async end(): Promise<void> {
    for (const node of this.#nodes) node.fault = undefined
    await this.#pass(timeoutMs + beatMs + afterFaultMs)
    for (const node of this.#nodes) {
      for (const other of this.#nodes) if (other !== node) this.#ask(node, other)
    }
    assert.ok(this.#asked.slice(-6).every(({ isSafe }) => isSafe))
    await this.#pass(timeoutMs + stepMs)
    this.#check()
    await this.#checkMailbox()
    const [node, other] = this.#nodes as [Node, Node]
    this.#ask(node, other)
    await this.#settle()
    for (const { room } of this.#nodes) await room.close()
    await this.#settle()
    assert.ok(this.#asked.at(-1)?.answer, 'a request waits after the end of its node')
    assert.equal(this.#clock.pendingTimers, 0, 'timers after the end')
  }

  #createNode(): Node {
    const member = { tag: '', epoch: '' }
    const clock = this.#clock
    const backoff = { firstMs: 100, maxMs: 100, jitter: 0 }
    const room = new MailRoom({
      ...{ store: this.#faulty(() => node), member, clock, timeoutMs },
      createLoop: (run) => new StoreLoop({ clock, backoff, run, onFailure: () => {} }),
      onFailure: () => {},
    })
    room.handle('run', (body) => this.#carryOut(node, body as number))
    const node: Node = { member, room, fault: undefined, seq: 0 }
    return node
  }

  /** The store as a node reaches it. */
  #faulty(nodeOf: () => Node): ClusterStore {
    return new Proxy<ClusterStore>(this.#store, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
        return async (...args: unknown[]): Promise<unknown> => {
          const node = nodeOf()
          if (node.fault === 'cut') throw new Error('the store is away')
          if (name === 'send') this.#noteText(args[0] as { readonly text: string })
          const reply = await member.apply(target, args)
          if (name === 'collect' && node.fault === 'stall') {
            node.fault = undefined
            this.#noteFault()
            this.#clock.stall(stallMs)
          }
          if (node.fault !== name) return reply
          node.fault = undefined
          this.#noteFault()
          throw new Error('the reply is lost')
        }
      },
    })
  }

  #noteText({ text }: { readonly text: string }): void {
    if (text.includes('"ask"')) this.#lastText = text
  }

  async #join(node: Node, tag = `tag${++this.#joins}`): Promise<void> {
    const nonce = `${++this.#joins}`
    const reply = await this.#store.join({ tag, nonce, info: '{}', claims: [] })
    if (reply.status !== 'ok') throw new Error(`join: ${reply.status}`)
    Object.assign(node.member, { tag, epoch: reply.epoch })
    node.seq = 0
  }

  /** Lets no node reach the store for a time, in which its clock may step. */
  async #hang(ms: number, clockStep: number): Promise<void> {
    this.#noteFault()
    for (const node of this.#nodes) node.fault = 'cut'
    await this.#pass(ms)
    this.#clock.jumpWallClock(clockStep)
    for (const node of this.#nodes) node.fault = undefined
    this.#noteFault()
  }

  #noteFault(): void {
    this.#calmSince = this.#clock.now()
    for (const asked of this.#asked) if (asked.answer === undefined) asked.isSafe = false
  }

  #ask(from: Node, to: Node): void {
    const now = this.#clock.now()
    const isCalm = now >= this.#calmSince + afterFaultMs
    const isSafe = isCalm && this.#nodes.every(({ fault }) => fault === undefined)
    const asked: Asked = {
      ...{ id: this.#asked.length, to: to.member.tag, sentAt: now },
      ...{ isSafe, runs: 0, answer: undefined },
    }
    this.#asked.push(asked)
    void from.room.request(asked.to, 'run', asked.id).then((answer) => {
      asked.answer = answer
    })
  }

  #carryOut({ member }: Node, id: number): string {
    const asked = this.#asked[id] as Asked
    asked.runs++
    const age = this.#clock.now() - asked.sentAt
    if (asked.runs > 1) this.#wrong.push(`request ${id} is carried out again`)
    if (asked.to !== member.tag) this.#wrong.push(`request ${id} reaches another node`)
    if (age >= timeoutMs + stepMs) this.#wrong.push(`request ${id} is carried out after ${age} ms`)
    if (id % failsEvery === 0) throw new Error('no')
    return `${member.tag} ${id}`
  }

  /** Answers the last request in the name of a node that was not asked. */
  async #forge(): Promise<void> {
    if (this.#lastText === '') return
    const { id, from } = JSON.parse(this.#lastText) as {
      readonly id: string
      readonly from: string
    }
    const text = JSON.stringify({ id, from: 'another', body: 'forged' })
    await this.#store.send({ to: from, text })
  }

  #check(): void {
    assert.deepStrictEqual(this.#wrong, [])
    for (const { id, to, sentAt, isSafe, runs, answer } of this.#asked) {
      const age = this.#clock.now() - sentAt
      if (answer === undefined) {
        assert.ok(age <= timeoutMs + stepMs, `request ${id} waits for ${age} ms`)
      } else if ('body' in answer) {
        assert.deepStrictEqual([answer.body, runs], [`${to} ${id}`, 1], `answer to request ${id}`)
      } else if (answer.why === 'failed') {
        assert.deepStrictEqual([id % failsEvery, runs], [0, 1], `failure of request ${id}`)
      } else {
        assert.ok(!isSafe, `no answer to request ${id}, without a fault`)
      }
    }
  }

  /** Fills the mailbox of a node that does not look into it. */
  async #checkMailbox(): Promise<void> {
    const tag = 'idle'
    const reply = await this.#store.join({ tag, nonce: tag, info: '{}', claims: [] })
    const epoch = reply.status === 'ok' ? reply.epoch : ''
    for (let n = 0; n < maxMails; n++) {
      assert.equal(await this.#store.send({ to: tag, text: `${n}` }), 'ok', `message ${n}`)
    }
    assert.equal(await this.#store.send({ to: tag, text: 'more' }), 'full')
    const read = async (done: number): Promise<readonly [readonly string[], number]> => {
      const page = await this.#store.collect({ tag, epoch, done })
      const messages = page.status === 'ok' ? page.messages : []
      return [messages.map(({ text }) => text), messages.at(-1)?.serial ?? 0]
    }
    const textsFrom = (first: number) => Array.from({ length: mailPage }, (_, n) => `${first + n}`)
    const [texts, last] = await read(0)
    assert.deepStrictEqual(texts, textsFrom(0), 'first messages')
    assert.deepStrictEqual(await read(0), [texts, last], 'messages that have not been read')
    assert.deepStrictEqual((await read(last))[0], textsFrom(mailPage), 'next messages')
    for (let n = 0; n < mailPage; n++) {
      assert.equal(await this.#store.send({ to: tag, text: 'more' }), 'ok', 'place of a message')
    }
    assert.equal(await this.#store.send({ to: tag, text: 'more' }), 'full')
    await this.#pass(mailMs)
    assert.equal(await this.#store.send({ to: tag, text: 'late' }), 'ok', 'after a long time')
  }

  async #pass(ms: number): Promise<void> {
    const end = this.#clock.now() + ms
    while (this.#clock.now() < end) {
      this.#clock.advance(stepMs)
      await this.#settle()
      if (this.#clock.now() >= this.#beatAt) await this.#beat()
    }
  }

  /** Sends a beat of each node that reaches the store. The reply tells of messages. */
  async #beat(): Promise<void> {
    this.#beatAt = this.#clock.now() + beatMs
    for (const node of this.#nodes) {
      if (node.fault === 'cut') continue
      const seq = ++node.seq
      const numbers = { seq, answeredSeq: seq - 1, answeredFlushSeq: 0, live: 0 }
      const request = { ...node.member, ...numbers, claims: [], banCursor: '' }
      const reply = await this.#store.beat(request)
      if (reply.status === 'ok' && reply.hasMail) node.room.wake()
    }
    await this.#settle()
  }

  /** Lets promises come to rest: no function of the model waits for more than that. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) await undefined
  }
}

/** Runs random histories of requests among three nodes, and checks the rules of mailboxes and answers. */
export async function checkMail(options: {
  readonly runs: number
  readonly seed?: number | undefined
}): Promise<void> {
  const { runs, seed } = options
  const ops = Object.entries(operations).map(([op, weight]) => ({
    weight,
    arbitrary: fc.constant(op as Operation),
  }))
  const step: fc.Arbitrary<Step> = fc.record({
    op: fc.oneof(...ops),
    at: fc.nat({ max: 2 }),
    n: fc.nat({ max: 11 }),
  })
  const steps = fc.array(step, { minLength: 20, maxLength: 60, size: 'max' })
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const world = new MailWorld()
      await world.start()
      for (const each of history) await world.run(each)
      await world.end()
    }),
    { numRuns: runs, unbiased: true, ...(seed === undefined ? {} : { seed }) },
  )
}
