// What does a relay add? Delay of the packets, time to the first key frame of a cold pull, and viewers held while the camera is away.
// Usage: npm run bench -- relay [--short] [--seconds 40] [--pulls 30] [--viewers 50] [--away 20] [--packets-of-picture 7: 2 Mbit/s]
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { median, quantile } from '../lib/statistics.mjs'
import { library } from './library.mjs'

const { connect } = await library('client/index.js')

const options = readOptions(
  { seconds: 40, pulls: 30, viewers: 50, away: 20, 'packets-of-picture': 7 },
  { seconds: 2, pulls: 3, viewers: 5, away: 2 },
)
const ports = { camera: 29_554, relay: 29_555 }
const urls = {
  camera: `rtsp://127.0.0.1:${ports.camera}/cam`,
  relay: `rtsp://127.0.0.1:${ports.relay}/cam`,
  cold: `rtsp://127.0.0.1:${ports.relay}/cold`,
}
const nsPerMs = 1e6
/** Time after which the code of camera, relay and viewers has been compiled. */
const warmUpMs = 5000
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function start(file, ...args) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [path, ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ready = new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child))
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
  })
  ready.catch(() => {})
  return { child, ready }
}

/** Plays, and calls `receive` with each packet and its arrival in milliseconds of CLOCK_MONOTONIC. */
async function watch(url, receive) {
  const client = await connect(url)
  client.tracks[0]?.pipe({
    push: (packet) => receive(packet, Number(process.hrtime.bigint()) / nsPerMs),
  })
  await client.play()
  return { client }
}

const isLast = (packet) => (packet[1] & 0x80) !== 0
const sentAt = (packet) => Number(packet.readBigInt64BE(packet.length - 8)) / nsPerMs

async function measureDelay() {
  const delays = { camera: [], relay: [] }
  const viewers = []
  for (const name of ['camera', 'relay']) {
    viewers.push(
      await watch(urls[name], (packet, at) => {
        if (isLast(packet)) delays[name].push(at - sentAt(packet))
      }),
    )
  }
  await pause(warmUpMs)
  for (const all of Object.values(delays)) all.length = 0
  await pause(options.seconds * 1000)
  for (const { client } of viewers) await client.close()
  const p99 = Object.entries(delays).map(([name, all]) => [name, quantile(all, 0.99)])
  return Object.fromEntries(p99)
}

/** Returns the milliseconds from the beginning of a visit to the first packet of a key frame. */
async function pull(url) {
  let found
  const keyFrame = new Promise((resolve) => {
    found = resolve
  })
  const beganAt = Number(process.hrtime.bigint()) / nsPerMs
  const { client } = await watch(url, (packet, at) => {
    if ((packet[12] & 0x1f) === 5) found(at)
  })
  const ms = (await keyFrame) - beganAt
  await client.close()
  return ms
}

/** Visits camera and relay at the same time, so that both wait for the same key frame. */
async function measurePulls() {
  const times = { camera: [], cold: [], more: [] }
  for (let round = 0; round < options.pulls; round++) {
    const [camera, cold] = await Promise.all([pull(urls.camera), pull(urls.cold)])
    times.camera.push(camera)
    times.cold.push(cold)
    times.more.push(cold - camera)
    // The next pull is cold only after the relay has left the camera.
    await pause(700 + Math.random() * 1000)
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]))
}

async function measureHold(camera) {
  let gaps = 0
  const returned = []
  let isBack = false
  const viewers = []
  for (let index = 0; index < options.viewers; index++) {
    let next
    let hasReturned = false
    viewers.push(
      await watch(urls.relay, (packet, at) => {
        const number = packet.readUInt16BE(2)
        if (next !== undefined && number !== next) gaps++
        next = (number + 1) & 0xffff
        if (!isBack || hasReturned || !isLast(packet)) return
        hasReturned = true
        returned.push(at - sentAt(packet))
      }),
    )
  }
  await pause(1500)
  camera.stdin.write(`away ${options.away * 1000}\n`)
  await pause(500)
  isBack = true
  const giveUpAt = performance.now() + (options.away + 15) * 1000
  while (returned.length < options.viewers && performance.now() < giveUpAt) await pause(50)
  const lost = viewers.filter(({ client }) => client.state === 'closed').length
  for (const { client } of viewers) await client.close()
  return {
    lost,
    gaps,
    missing: options.viewers - returned.length,
    returnMs: quantile(returned, 0.99),
  }
}

await runBenchmark('relay', options, async (run) => {
  const camera = start('camera.mjs', ports.camera, options['packets-of-picture'])
  await camera.ready
  const relay = start('server.mjs', ports.relay, ports.camera)
  await relay.ready
  try {
    const delay = await measureDelay()
    const pulls = await measurePulls()
    const hold = await measureHold(camera.child)
    printTable(
      ['', 'camera', 'relay'],
      [
        ['delay p99, ms', short(delay.camera), short(delay.relay)],
        ['connecting to first key frame, median, ms', short(pulls.camera), short(pulls.cold)],
        [
          `key frame to ${options.viewers} viewers after ${options.away} s away, p99, ms`,
          '',
          short(hold.returnMs),
        ],
      ],
    )
    return finish(run, {
      figures: [
        figure('delay that a relay adds, p99', delay.relay - delay.camera, '<=', 3, 'ms'),
        figure('first key frame of a cold pull, more than the camera', pulls.more, '<=', 60, 'ms'),
        figure('viewers lost', hold.lost + hold.missing, '<=', 0),
        figure('gaps in sequence numbers', hold.gaps, '<=', 0),
        figure('key frame after the return, p99', hold.returnMs, '<=', 100, 'ms'),
      ],
      summary: { delay, pulls, hold },
      measurements: [],
    })
  } finally {
    for (const { child } of [relay, camera]) child.kill('SIGTERM')
  }
})
