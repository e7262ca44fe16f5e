/** A built checkout serves within two seconds, from any folder, and ends cleanly when it is told to. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled, fail, root, say } from './workspace.mjs'

const startLimitMs = 2000

/** Reads until the text has a match, and returns it. */
async function waitFor(stream, pattern) {
  let text = ''
  for await (const chunk of stream) {
    text += chunk
    const match = pattern.exec(text)
    if (match) return match
  }
  return undefined
}

async function optionsAnswer(port) {
  const socket = connect({ port, host: '127.0.0.1' }).setEncoding('latin1')
  socket.write(`OPTIONS rtsp://127.0.0.1:${port}/test RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
  const match = await waitFor(socket, /^RTSP\/1\.0 (\d+)/)
  socket.destroy()
  return match?.[1]
}

/** @throws When the server that runs in `child` does not do what it has to. */
async function check(child, begin) {
  const ended = once(child, 'exit')
  const stdout = child.stdout.setEncoding('utf8')
  const listening = await waitFor(stdout, /listens on rtsp:\/\/[^:]+:(\d+)/)
  if (!listening) throw new Error('the server ended without listening')
  const tookMs = Math.round(performance.now() - begin)
  say(`listening after ${tookMs} ms`)
  const status = await optionsAnswer(Number(listening[1]))
  if (status !== '200') throw new Error(`OPTIONS was answered with ${status}`)
  child.kill('SIGTERM')
  const [code, signal] = await ended
  if (code !== 0) throw new Error(`SIGTERM ended it with ${code ?? signal}`)
  if (tookMs >= startLimitMs) throw new Error(`it took ${tookMs} ms until it listened`)
  say('OPTIONS answered, ended with 0')
}

ensureInstalled()
ensureBuilt()
const begin = performance.now()
const child = spawn(process.execPath, [join(root, 'scripts/start.mjs'), '--port', '0'], {
  cwd: tmpdir(),
  stdio: ['ignore', 'pipe', 'inherit'],
})
const problem = await check(child, begin).catch((error) => error)
child.kill('SIGKILL')
if (problem) fail(problem.message)
