#!/usr/bin/env bash
# Packages   @redis/client 6.3.1 (npm), the core of node-redis; ioredis 6.0.0 (npm) beside it.
# Behaviour  No timeout of @redis/client bounds the wait for a reply as long as commands are written. Each write starts
#            `socketTimeout` again, and `timeout` of commandOptions ends once its command is written.
# Expected   Its documentation says so of each by itself. Together they leave a gap that the error denies: "Expecting data, but
#            didn't receive any in 500ms". ioredis bounds the wait by commandTimeout, and by a socketTimeout of its own kind.
# Seen       A server falls silent but reads on; each timeout is 0.5 s. One command fails after 0.5 s. Of a command each 0.1 s for
#            4 s, the first fails after 4.5 s, 0.5 s behind the last, with 40 waiting. ioredis: 0.5 s in each case.
# Matters    A busy program notices a frozen Redis later than an idle one, and may wait for ever. A server whose limits and locks are
#            in Redis needs deadlines of its own for each command.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . @redis/client@6.3.1 ioredis@6.0.0 >/dev/null

cat > finding.mjs <<'END'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { Redis } from 'ioredis'

const timeoutMs = 500
const pauseMs = 100
const busyMs = 4000

/** Serves one connection: replies to each command until `isSilent`, and reads all of them. */
async function serve() {
  const state = { isSilent: false, silentCommands: 0 }
  const server = createServer((socket) => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (data) => {
      text += data.toString('latin1')
      // A command is `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`; none here has a line break in a word.
      for (;;) {
        const head = /^\*(\d+)\r\n/.exec(text)
        const lines = head && text.slice(head[0].length).split('\r\n')
        if (!head || lines.length <= 2 * head[1]) return
        const words = lines.slice(0, 2 * head[1]).filter((_, i) => i % 2)
        text = lines.slice(2 * head[1]).join('\r\n')
        if (state.isSilent) state.silentCommands++
        else socket.write(replyTo(words))
      }
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(state, { port: server.address().port })
}

const information = 'redis_version:7.0.0\r\nloading:0'

function replyTo([name, version]) {
  switch (name.toUpperCase()) {
    case 'HELLO': return `%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:${version}\r\n`
    case 'INFO': return `$${information.length}\r\n${information}\r\n`
    case 'GET': return '$1\r\nv\r\n'
    default: return '+OK\r\n'
  }
}

const clients = {
  async '@redis/client, socketTimeout and timeout'(port) {
    const client = createClient({
      socket: { port, host: '127.0.0.1', socketTimeout: timeoutMs, reconnectStrategy: false },
      commandOptions: { timeout: timeoutMs },
    })
    client.on('error', () => {})
    await client.connect()
    return { get: () => client.get('k'), end: () => client.isOpen && client.destroy() }
  },
  'ioredis, socketTimeout': (port) => openOfIoredis(port, { socketTimeout: timeoutMs }),
  'ioredis, commandTimeout': (port) => openOfIoredis(port, { commandTimeout: timeoutMs }),
}

async function openOfIoredis(port, options) {
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: null, lazyConnect: true, maxRetriesPerRequest: 0, ...options })
  client.on('error', () => {})
  await client.connect()
  return { get: () => client.get('k'), end: () => client.disconnect() }
}

/** Lets the server fall silent, sends `count` commands, and returns when and how the first fails. */
async function measure(name, count) {
  const server = await serve()
  const client = await clients[name](server.port)
  if ((await client.get()) !== 'v') throw new Error('the server replies at first')
  server.isSilent = true
  const start = performance.now()
  let first
  for (let i = 0; i < count && !first; i++) {
    client.get().catch((error) => {
      const afterS = (performance.now() - start) / 1000
      first ??= { afterS, error: error.constructor.name, message: error.message, read: server.silentCommands }
    })
    await sleep(pauseMs)
  }
  while (!first && performance.now() - start < 3 * busyMs) await sleep(20)
  client.end()
  const load = count === 1 ? 'one command' : `a command each ${pauseMs} ms for ${busyMs / 1000} s`
  const seen = first ? `first failure after ${first.afterS.toFixed(1)} s, with ${first.read} read (${first.message})` : 'no failure'
  console.log(`${name}; ${load}: ${seen}`)
  return first ?? { afterS: Infinity }
}

const isNear = ({ afterS }) => afterS > 0.4 && afterS < 1.5
const found = {}
await Promise.all(Object.keys(clients).map(async (name) => {
  found[name] = [await measure(name, 1), await measure(name, busyMs / pauseMs)]
}))
const [[one, many], ...others] = Object.keys(clients).map((name) => found[name])
const isAsFound = isNear(one) && one.error === 'SocketTimeoutError' && many.afterS > busyMs / 1000 && many.afterS < 3 * busyMs / 1000 &&
  many.error === 'SocketTimeoutError' && others.flat().every(isNear)
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END
timeout 40 node finding.mjs
