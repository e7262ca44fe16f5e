import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, publish, type RtspClient, RtspError } from '../../src/client/index.js'
import type { ClockTimer } from '../../src/clock.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { SeededRandom } from '../rtsp/mutate.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../support/fuzz-runs.js'
import { HostileServer, otherHost, ownHost } from '../support/hostile-server.js'
import { cameraSdp } from '../support/scripted-camera.js'
import { cameTrue, nextTurn } from '../support/until.js'

const usualConversations = 2000
const conversations = fuzzRuns(usualConversations)
const password = 'secret-42'
const basic = Buffer.from(`user:${password}`).toString('base64')
/** Turns of the event loop in which nothing has happened, after which time goes on. */
const quietTurns = 3
/** Longest time in milliseconds of the client's clock that any conversation may take. */
const longestMs = 600_000

let own: HostileServer
let other: HostileServer
let random: SeededRandom

beforeAll(async () => {
  random = new SeededRandom(fuzzSeed)
  own = await HostileServer.start(ownHost, random)
  other = await HostileServer.start(otherHost, random)
  own.otherPort = other.port
  other.otherPort = own.port
})
afterAll(async () => {
  await own.close()
  await other.close()
})

/** Steps that a program may take with a client. */
const steps: readonly ((client: RtspClient) => Promise<unknown>)[] = [
  (client) => client.play(),
  (client) => client.pause(),
  (client) => client.seek(3),
  (client) => client.getParameters(['a']),
  (client) => client.setParameters({ a: 'b' }),
  (client) => client.packets({ maxQueuedBytes: 1000 }).next(),
  (client) => client.accessUnits({ maxQueuedBytes: 1000 }).next(),
]

/** Waits for a step; an iteration may wait for packets as long as the client is open. */
async function atMost(ms: number, step: Promise<unknown>, clock: ManualClock): Promise<void> {
  let timer: ClockTimer | undefined
  const late = new Promise((resolve) => {
    timer = clock.schedule(() => resolve(undefined), ms)
  })
  step.catch(() => undefined)
  try {
    await Promise.race([step, late])
  } finally {
    timer?.cancel()
  }
}

async function pull(url: string, clock: ManualClock): Promise<void> {
  const transports = random.pick([['tcp'], ['tcp', 'udp'], ['udp', 'tcp']] as const)
  const client = await connect(url, { clock, transports })
  try {
    for (let count = 1 + random.below(3); count > 0; count--) {
      const step = random.pick(steps)(client)
      await atMost(30_000, step, clock)
    }
  } finally {
    await client.close()
  }
}

async function push(url: string, clock: ManualClock): Promise<void> {
  const publisher = await publish(url, { clock, description: cameraSdp })
  publisher.tracks[0]?.push(Buffer.from('806000010000000100000001ffff', 'hex'))
  await publisher.close()
}

/** Runs a conversation to its end, while the time goes on whenever nothing else happens. */
async function settledOf(work: Promise<void>, clock: ManualClock): Promise<unknown> {
  let outcome: { readonly error: unknown } | undefined
  work.then(
    () => {
      outcome = { error: undefined }
    },
    (error) => {
      outcome = { error }
    },
  )
  const begun = clock.now()
  while (!outcome) {
    await nextTurn(quietTurns)
    clock.advance(250)
    if (clock.now() - begun > longestMs) throw new Error('the conversation does not end')
  }
  return outcome.error
}

describe('a client and a hostile server', () => {
  it(
    `come to an end, leave nothing, and give nothing away, ${conversations} times`,
    async () => {
      const codes = new Map<string, number>()
      for (let at = 0; at < conversations; at++) {
        const clock = new ManualClock()
        const url = `rtsp://user:${password}@${ownHost}:${own.port}/cam`
        const work = random.below(6) === 0 ? push(url, clock) : pull(url, clock)
        const error = await settledOf(work, clock)
        const place = `conversation ${at}`
        if (error !== undefined && !(error instanceof RtspError)) throw error
        const code = (error as RtspError | undefined)?.code ?? 'none'
        codes.set(code, (codes.get(code) ?? 0) + 1)
        expect(clock.pendingTimers, place).toBe(0)
        for (const said of [own.received, other.received]) {
          expect(said.includes(password), place).toBe(false)
          expect(said.includes(basic), place).toBe(false)
        }
        // Credentials in a redirect are those of its server.
        for (const line of other.received.match(/^Authorization:.*$/gm) ?? []) {
          expect(line, place).toContain('username="a"')
        }
        const sockets = [...own.sockets, ...other.sockets]
        const isLeft = (): boolean => sockets.every(({ destroyed }) => destroyed)
        expect(await cameTrue(isLeft, 2000, nextTurn), `${place} leaves a connection`).toBe(true)
        own.begin()
        other.begin()
      }
      // The conversations are no better than the places that they reach; few of them miss some.
      if (conversations < usualConversations) return
      expect([...codes.keys()]).toEqual(
        expect.arrayContaining([
          ...['none', 'ERR_CLIENT_TIMEOUT', 'ERR_CLIENT_DISCONNECTED', 'ERR_CLIENT_REFUSED'],
          ...['ERR_CLIENT_UNAUTHORIZED', 'ERR_CLIENT_AUTH_SCHEME', 'ERR_CLIENT_REDIRECT'],
          ...['ERR_CLIENT_PROTOCOL', 'ERR_CLIENT_TRANSPORT', 'ERR_CLIENT_NO_TRACKS'],
        ]),
      )
    },
    fuzzTimeoutMs(120_000),
  )
})
