/** What one cell of the table tries: a pull for some seconds, and a return after the server was killed. */
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'rtspool/client'
import { relayMedia } from 'rtspool/relay'
import { until } from './child.mjs'
import { fileParts, packetDigest, partDigest } from './contents.mjs'

/** Least number of packets or access units of a track in a second. */
const leastRate = 18

/**
 * Pulls for some seconds, and compares each packet, or each picture and frame of sound, with those that the server has sent.
 *
 * @returns The number of packets, and the suite of SRTP, if there is one.
 * @throws What was missing, unknown or lost.
 */
export async function pull(upstream, way, seconds, tls) {
  const client = await connect(upstream.url, { transports: [way.transport], tls })
  const received = []
  const units = new Map(client.tracks.map(({ kind }) => [kind, 0]))
  let reading
  if (upstream.contents === 'packets') {
    for (const track of client.tracks) {
      const push = (packet) => {
        units.set(track.kind, units.get(track.kind) + 1)
        received.push([track.kind, packetDigest(packet)])
      }
      track.pipe({ push })
    }
  } else {
    const read = async () => {
      for await (const { track, parts } of client.accessUnits()) {
        units.set(track.kind, units.get(track.kind) + 1)
        for (const part of fileParts(track.kind, parts))
          received.push([track.kind, partDigest(part)])
      }
    }
    reading = read()
  }
  try {
    await client.play()
    await wait(seconds * 1000)
    const { packets, lostPackets, invalidPackets } = client.stats()
    const [srtp] = client.tracks.map((track) => track.srtp)
    const rejected = client.tracks.reduce((sum, { stats }) => sum + stats.rejectedPackets, 0)
    const facts = { transport: client.transport, lostPackets, invalidPackets, rejected }
    const wanted = { transport: way.transport, lostPackets: 0, invalidPackets: 0, rejected: 0 }
    expectEqual(facts, wanted)
    if (way.srtp && srtp === undefined) throw new Error('the packets came without SRTP')
    for (const [kind, count] of units) {
      if (count < leastRate * seconds) throw new Error(`only ${count} of ${kind}`)
    }
    // The server tells its packets in a pipe, which may be later than the packets.
    const unknown = () => received.filter(([kind, digest]) => !upstream.sent[kind]?.has(digest))
    if (!(await until(() => unknown().length === 0)))
      throw new Error(`${unknown().length} of ${received.length} were not sent so`)
    return { packets, srtp }
  } finally {
    await client.close()
    await reading
  }
}

/**
 * Watches a server through a relay while the server is killed and started again.
 *
 * @param again - Starts the server again, at the same ports.
 * @returns The second run, and the seconds from its start to the first key frame of a viewer that has stayed.
 */
export async function comeBack(server, name, upstream, way, tls, again) {
  const backoff = { firstSeconds: 0.2, maxSeconds: 1 }
  const relay = relayMedia({ url: upstream.url, tls }, { backoff, transport: way.transport })
  server.mounts.add(`/${name}`, relay)
  const { address, port } = server.address()
  let viewer
  let reading
  try {
    viewer = await connect(`rtsp://${address}:${port}/${name}`)
    let keyFrames = 0
    const read = async () => {
      for await (const { track, isKeyFrame } of viewer.accessUnits()) {
        if (track.kind === 'video' && isKeyFrame) keyFrames++
      }
    }
    reading = read()
    const expectSoon = async (condition, what) => {
      if (!(await until(condition))) throw new Error(`${what}: ${JSON.stringify(relay.status)}`)
    }
    await expectSoon(() => keyFrames > 0, 'no picture')
    await upstream.kill()
    await expectSoon(() => relay.status.state !== 'playing', 'the end was not noticed')
    const seen = keyFrames
    const second = await again()
    try {
      const begin = performance.now()
      await expectSoon(() => keyFrames > seen, 'no picture again')
      const seconds = (performance.now() - begin) / 1000
      const { lostPackets } = viewer.stats()
      const { state, attempts } = relay.status
      const facts = { viewer: viewer.state, lostPackets, state, attempts }
      expectEqual(facts, { viewer: 'playing', lostPackets: 0, state: 'playing', attempts: 0 })
      return { seconds }
    } finally {
      await second.kill()
    }
  } finally {
    await viewer?.close()
    await reading
    server.mounts.remove(`/${name}`)
    await relay.close()
  }
}

function expectEqual(facts, wanted) {
  const [got, expected] = [facts, wanted].map((each) => JSON.stringify(each))
  if (got !== expected) throw new Error(`expected ${expected}, got ${got}`)
}
