// How long does a viewer wait for its first picture at a server that must fetch the stream from another one?
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'rtspool/client'
import { startBuiltCommand } from '../lib/command.mjs'
import { median, quantile } from '../lib/statistics.mjs'
import { startStreams } from '../lib/streams.mjs'

/** Streams whose visits are not counted: the code of servers and viewer is compiled meanwhile. */
const warmUps = 5
const leaseSeconds = 2
/** The first server of a new cluster admits nobody for one lease. */
const emptyMs = (leaseSeconds + 2) * 1000
const betweenMs = 150
const headerBytes = 12
const idr = 5
const fragment = 28
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Returns whether an RTP packet without extensions has the beginning of a key frame of H.264, alone or as a fragment. */
function isKey(packet) {
  const type = packet[headerBytes] & 0x1f
  return type === idr || (type === fragment && (packet[headerBytes + 1] & 0x1f) === idr)
}

/** Joins over TCP. @returns the client, and the milliseconds until the first packet of a key frame */
async function visit(url) {
  const beganAt = performance.now()
  const client = await connect(url)
  const first = new Promise((resolve) => {
    client.tracks[0].pipe({
      push: (packet) => {
        if (isKey(packet)) resolve(performance.now() - beganAt)
      },
    })
  })
  await client.play()
  return { client, ms: await first }
}

async function startNode(folder, name, url) {
  const file = join(folder, `${name}.yaml`)
  const config = [
    'rtsp: { host: 127.0.0.1, port: 0 }',
    'limits: { maxSessions: 1000, maxSessionsPerAddress: 0, maxConnectionsPerAddress: 0 }',
    `cluster: { url: "${url}", name: joins, node: ${name}, key: "a secret of both servers", leaseSeconds: ${leaseSeconds}, graceSeconds: 1 }`,
  ]
  writeFileSync(file, config.join('\n'))
  const stateFolder = join(folder, name)
  mkdirSync(stateFolder)
  return await startBuiltCommand(['--config', file], { stateFolder })
}

/**
 * Publishes streams on one of two servers, and visits each: at this server, at the other one, which pulls the stream
 * then, and there once more.
 *
 * @param url - URL of Redis.
 * @param joins - Number of streams that count.
 * @returns Milliseconds that a viewer of the other server waits longer: medians and 90 % of the visits
 */
export async function measureJoins({ url, joins }) {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-bench-joins-'))
  const programs = []
  let streams
  try {
    const [one, two] = await Promise.all(['one', 'two'].map((name) => startNode(folder, name, url)))
    programs.push(one.program, two.program)
    await pause(emptyMs)
    streams = await startStreams({ url: `${one.url}/cam`, streams: warmUps + joins })
    // Each stream has had a key frame then, and each server knows all streams.
    await pause(3000)
    const waits = { here: [], cold: [], warm: [] }
    for (let n = 0; n < warmUps + joins; n++) {
      const visits = []
      for (const [name, { url }] of [
        ['here', one],
        ['cold', two],
        ['warm', two],
      ]) {
        const next = await visit(`${url}/cam${n}`)
        visits.push(next)
        if (n >= warmUps) waits[name].push(next.ms)
        await pause(betweenMs)
      }
      for (const { client } of visits) await client.close()
    }
    const more = (name) => waits[name].map((ms, n) => ms - waits.here[n])
    return {
      hereMs: median(waits.here),
      coldMs: median(more('cold')),
      warmMs: median(more('warm')),
      coldMostMs: quantile(more('cold'), 0.9),
      warmMostMs: quantile(more('warm'), 0.9),
    }
  } finally {
    await streams?.stop()
    await Promise.all(programs.map((program) => program.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}
