import { describe, expect, it } from 'vitest'
import type { RtspServer } from '../../../src/index.js'
import { SeededRandom } from '../../rtsp/mutate.js'
import { mountCamera } from '../../support/dialogue.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../../support/fuzz-runs.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import type { TestSource } from '../../support/test-source.js'
import { cameTrue, settle, until } from '../../support/until.js'
import { type Conversation, honestConversations, mutatedConversation } from './conversations.js'
import { Talker } from './talker.js'

/** The honest reader's among them. */
const maxSessions = 4
const conversations = fuzzRuns(300)
/** For a request that the server must answer, on a machine that is busy with other work. */
const certainAnswerMs = 8_000
/** For a request that the server may leave without an answer. */
const possibleAnswerMs = 100

/** Somebody who plays all the while, and must not lose a packet. */
async function honestReader(server: RtspServer) {
  const sources = mountCamera(server, '/cam')
  const reader = await connectTo(server)
  const url = urlOf(server, '/cam')
  const { session } = await play(reader, url, ['TCP'])
  const track = sources[0]?.output?.tracks[0]
  let sent = 0
  return {
    push: () => track?.push(rtpPacket({ sequenceNumber: sent++ & 0xffff, marker: true })),
    /** Says that it is still there. */
    keepAlive: () => expectOk(reader, 'GET_PARAMETER', url, { headers: { Session: session } }),
    /** Everything that was sent has come, in order. */
    async hasAll() {
      await until(() => reader.frames.filter(({ channel }) => channel === 0).length >= sent)
      const numbers = reader.frames.filter(({ channel }) => channel === 0)
      expect(numbers.map(({ payload }) => payload.readUInt16BE(2))).toEqual(
        Array.from({ length: sent }, (_, number) => number & 0xffff),
      )
    },
    sources,
  }
}

/** Waits at most five seconds until everything is released; a leak shows in the checks that follow. */
const settled = (isSettled: () => boolean) =>
  cameTrue(isSettled, 5000, () => settle(5, 'memory and sockets are released by and by'))

async function startFuzzedServer() {
  const server = await startServer({ pool: { maxSessions } })
  const failures: unknown[] = []
  server.on('requestFailed', (error, request) =>
    failures.push([error, request.method, request.uri]),
  )
  const reader = await honestReader(server)
  const alone = mountCamera(server, '/alone', { shared: false })
  const brief = mountCamera(server, '/brief', { lingerSeconds: 0 })
  const [honest] = server.pool.filter()
  const ports = await openUdpPorts()
  return { server, failures, reader, sources: { alone, brief }, honest, ports }
}

type FuzzedServer = Awaited<ReturnType<typeof startFuzzedServer>>

/** What the server holds for others than the honest reader. */
function leftovers({ server, sources }: FuzzedServer) {
  const { connections, sessions, udpPeers, channels } = server.stats()
  const isOpen = ({ startCount, closeCount }: TestSource) => closeCount !== 1 && startCount > 0
  // Who is not shared has no second viewer to wait for, started or not.
  const open =
    sources.alone.filter(({ closeCount }) => closeCount !== 1).length +
    sources.brief.filter(isOpen).length
  return {
    connections: connections - 1,
    sessions: sessions - 1,
    udpPeers,
    channels: channels - 2,
    open,
  }
}

const nothing = { connections: 0, sessions: 0, udpPeers: 0, channels: 0, open: 0 }

/** While the connections are open still: what sessions hold, and no more, two tracks of two channels or ports each. */
function expectInProportion(server: RtspServer): void {
  const { sessions, channels, udpPeers } = server.stats()
  expect(sessions).toBeLessThanOrEqual(maxSessions)
  // The honest reader has one track.
  expect(channels + udpPeers).toBeLessThanOrEqual(4 * (sessions - 1) + 2)
}

async function hold(
  fuzzed: FuzzedServer,
  conversation: Conversation,
  random: SeededRandom,
  patienceMs: number,
) {
  const { server, reader, ports, honest } = fuzzed
  const path = random.pick(['/cam', '/alone', '/brief'])
  const words = {
    url: urlOf(server, path),
    live: urlOf(server, '/live/fuzz'),
    port: String(ports.port),
    pair: ports.clientPort,
  }
  const talker = new Talker(server.address().port, words, patienceMs)
  await talker.say(conversation, reader.push)
  expectInProportion(server)
  await talker.leave(random)
  await settled(() => leftovers(fuzzed).connections === 0)
  // Sessions over UDP outlive their connection.
  server.pool.filter((session) => (session === honest ? 'keep' : 'remove'))
  await settled(() => leftovers(fuzzed).open === 0)
  expect(leftovers(fuzzed)).toEqual(nothing)
  await reader.hasAll()
  await reader.keepAlive()
  expect(fuzzed.failures).toEqual([])
  return talker.statusCodes
}

describe('whole conversations', () => {
  it.each(honestConversations)(
    '$name: is answered as it should be, and leaves nothing',
    async (conversation) => {
      const fuzzed = await startFuzzedServer()
      const random = new SeededRandom(fuzzSeed)
      const statusCodes = await hold(fuzzed, conversation, random, certainAnswerMs)
      const requests = conversation.steps.filter(({ isRequest }) => isRequest)
      expect(statusCodes.length).toBe(requests.length)
      expect(statusCodes.filter((code) => code !== 200 && code !== 101)).toEqual([])
    },
  )

  it(`${conversations} of them mutated: no fault, nothing is left, a reader loses no packet`, {
    tags: ['B-RACE', 'B-TWICE', 'B-SMUG', 'B-CSEQ', 'B-ILV', 'B-CRASH'],
    timeout: fuzzTimeoutMs(120_000),
  }, async () => {
    const fuzzed = await startFuzzedServer()
    const statusCodes = new Set<number>()
    for (let run = 0; run < conversations; run++) {
      // Each of its own seed, to be held again alone.
      const random = new SeededRandom(fuzzSeed + 7919 * (run + 1))
      const conversation = mutatedConversation(random)
      try {
        const codes = await hold(fuzzed, conversation, random, possibleAnswerMs)
        for (const code of codes) statusCodes.add(code)
      } catch (cause) {
        throw new Error(`run ${run}: ${JSON.stringify(conversation)}: ${cause}`, { cause })
      }
    }
    expect(statusCodes).not.toContain(500)
    const { alone, brief } = fuzzed.sources
    for (const made of [alone, brief]) expect(made.length).toBeGreaterThan(conversations / 20)
    // Not everything was refused at the door, nor was everything taken.
    for (const code of [200, 400, 454, 455]) expect(statusCodes).toContain(code)
    await expectOk(await connectTo(fuzzed.server), 'OPTIONS', '*')
  })
})
