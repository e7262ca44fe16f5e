import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, publish, RtspError } from '../../src/client/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { fuzzRuns, fuzzTimeoutMs } from '../support/fuzz-runs.js'
import { atMost, settledOf, steps } from '../support/hostile-conversation.js'
import {
  basicCredentials,
  type HostilePair,
  password,
  startHostilePair,
} from '../support/hostile-pair.js'
import { ownHost } from '../support/hostile-server.js'
import { cameraSdp } from '../support/scripted-camera.js'
import { cameTrue, nextTurn } from '../support/until.js'

const usualConversations = 2000
const conversations = fuzzRuns(usualConversations)

let servers: HostilePair

beforeAll(async () => {
  servers = await startHostilePair()
})
afterAll(() => servers.close())

async function pull(url: string, clock: ManualClock): Promise<void> {
  const { random } = servers
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

describe('a client and a hostile server', () => {
  it(
    `come to an end, leave nothing, and give nothing away, ${conversations} times`,
    async () => {
      const { own, other, random } = servers
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
          expect(said.includes(basicCredentials), place).toBe(false)
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
