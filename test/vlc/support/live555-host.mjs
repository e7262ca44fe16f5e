/**
 * A client of live555MediaServer, in a network of its own: that server listens on fixed ports of all addresses. Files
 * are in the folder that the first argument names.
 *
 * `live555-host.mjs FOLDER PROGRAM pull TRANSPORT FILE` plays a file to its end, and prints what has come as JSON.
 * `live555-host.mjs FOLDER PROGRAM return FILE` watches it through a relay, kills the server, starts it again, and prints
 * what the viewer has seen.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { RtspServer } from 'rtspool'
import { connect } from 'rtspool/client'
import { relayMedia } from 'rtspool/relay'

const [folder, program, task, ...names] = process.argv.slice(2)

/** Starts the server. @returns Its process, the URL of its files, and that of its HTTP tunnel. */
async function start() {
  const server = spawn(program, [], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  server.stderr.setEncoding('utf8').on('data', (data) => {
    text += data
  })
  for (let turn = 0; turn < 1500 && !/unneling/.test(text); turn++) await wait(20)
  const [, url] = /(rtsp:\/\/\S+\/)<filename>/.exec(text) ?? []
  if (!url) throw new Error(`no URL: ${text}`)
  const [, port] = /use port (\d+)/.exec(text) ?? []
  const tunnel = new URL(url)
  tunnel.port = port ?? ''
  return { server, url, tunnel: `${tunnel}` }
}

async function end({ server }) {
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('base64')

/** Plays until nothing has come for 2 s: this server says no BYE at the end of a file with two tracks. */
async function pull(transport, file) {
  const running = await start()
  const client = await connect(`${transport === 'http' ? running.tunnel : running.url}${file}`, {
    transports: [transport],
  })
  const received = Object.fromEntries(client.tracks.map(({ kind }) => [kind, []]))
  let last = performance.now()
  const read = async (units) => {
    for await (const { track, parts, packet } of units) {
      last = performance.now()
      for (const part of parts ?? [packet.subarray(12)]) received[track.kind].push(hashOf(part))
    }
  }
  const reading = read(file.endsWith('.ts') ? client.packets() : client.accessUnits())
  while (performance.now() - last < 2000) await wait(100)
  const facts = { transport: client.transport, stats: client.stats(), received }
  await client.close()
  await reading
  await end(running)
  return facts
}

async function comeBack(file) {
  let running = await start()
  const relay = relayMedia(`${running.url}${file}`, {
    backoff: { firstSeconds: 0.2, maxSeconds: 1 },
  })
  const server = new RtspServer({ port: 0, host: '127.0.0.1' })
  server.mounts.add('/relay', relay)
  await server.listen()
  const viewer = await connect(`rtsp://127.0.0.1:${server.address().port}/relay`)
  let keyFrames = 0
  const read = async () => {
    for await (const { track, isKeyFrame } of viewer.accessUnits()) {
      if (track.kind === 'video' && isKeyFrame) keyFrames++
    }
  }
  const reading = read()
  const until = async (condition) => {
    for (let turn = 0; turn < 1500 && !condition(); turn++) await wait(20)
    return condition()
  }
  const hasPlayed = await until(() => keyFrames > 1)
  await end(running)
  const wasAway = await until(() => relay.status.state !== 'playing')
  const seen = keyFrames
  running = await start()
  const isBack = await until(() => keyFrames > seen + 1)
  const { status } = relay
  const facts = { hasPlayed, wasAway, isBack, status, lost: viewer.stats().lostPackets }
  await viewer.close()
  await reading
  await server.close()
  await relay.close()
  await end(running)
  return facts
}

const facts = task === 'pull' ? await pull(...names) : await comeBack(...names)
console.log(JSON.stringify(facts))
