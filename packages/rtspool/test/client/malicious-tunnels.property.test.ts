import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, RtspError } from '../../src/client/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { fuzzRuns, fuzzTimeoutMs } from '../support/fuzz-runs.js'
import { atMost, settledOf, steps } from '../support/hostile-conversation.js'
import { HostileDoor } from '../support/hostile-door.js'
import {
  basicCredentials,
  type HostilePair,
  password,
  startHostilePair,
} from '../support/hostile-pair.js'
import { ownHost } from '../support/hostile-server.js'
import { testCertificate } from '../support/test-server.js'
import { cameTrue, nextTurn } from '../support/until.js'

const usualConversations = 50
const conversations = fuzzRuns(usualConversations)
/** Turns in which bytes come through TLS and the door. */
const quietTurns = 8
const [trusted, untrusted] = [testCertificate('first').cert, testCertificate('second').cert]

let servers: HostilePair
let door: HostileDoor

beforeAll(async () => {
  servers = await startHostilePair()
  door = await HostileDoor.start(servers.own, servers.random)
})
afterAll(async () => {
  await door.close()
  await servers.close()
})

type Carrier = 'http' | 'webSocket' | 'tls' | 'https'

/** Talks to the hostile server through the door; some of the time with a certificate that is another's. */
async function talk(carrier: Carrier, ca: string | Uint8Array, clock: ManualClock) {
  const { random } = servers
  const isSecure = carrier === 'tls' || carrier === 'https'
  const address = `${ownHost}:${isSecure ? door.tlsPort : door.port}`
  const url = `${isSecure ? 'rtsps' : 'rtsp'}://user:${password}@${address}/cam`
  const transport = carrier === 'tls' ? 'tcp' : carrier === 'https' ? 'http' : carrier
  const client = await connect(url, { clock, tls: { ca }, transports: [transport] })
  try {
    for (let count = 1 + random.below(3); count > 0; count--) {
      await atMost(30_000, random.pick(steps)(client), clock)
    }
  } finally {
    await client.close()
  }
}

describe('a client and a hostile server', () => {
  it.each<Carrier>(['http', 'webSocket', 'tls', 'https'])(
    `come to an end over %s, leave nothing, and give nothing away, ${conversations} times`,
    async (carrier) => {
      const { own, other, random } = servers
      const codes = new Set<string>()
      let inside = 0
      const isSecure = carrier === 'tls' || carrier === 'https'
      for (let at = 0; at < conversations; at++) {
        const clock = new ManualClock()
        const ca = random.below(6) === 0 ? untrusted : trusted
        const error = await settledOf(talk(carrier, ca, clock), clock, quietTurns)
        const place = `conversation ${at}`
        if (error !== undefined && !(error instanceof RtspError)) throw error
        codes.add((error as RtspError | undefined)?.code ?? 'none')
        if (own.received !== '') inside++
        expect(clock.pendingTimers, place).toBe(0)
        // Inside TLS, the host of the URL may get the password by Basic; nobody else, and nobody in clear.
        const said = [other.received, ...(isSecure ? [] : [own.received, door.received])]
        for (const text of said) {
          expect(text.includes(password), place).toBe(false)
          expect(text.includes(basicCredentials), place).toBe(false)
        }
        if (ca === untrusted && isSecure) expect(own.received + door.received, place).toBe('')
        const sockets = [...own.sockets, ...other.sockets, ...door.sockets]
        const isLeft = (): boolean => sockets.every(({ destroyed }) => destroyed)
        expect(await cameTrue(isLeft, 2000, nextTurn), `${place} leaves a connection`).toBe(true)
        for (const each of [own, other, door]) each.begin()
      }
      // The conversations are no better than the places that they reach; few of them miss some.
      if (conversations < usualConversations) return
      expect(inside).toBeGreaterThan(conversations / 4)
      expect(codes.size).toBeGreaterThan(2)
    },
    fuzzTimeoutMs(60_000),
  )
})
