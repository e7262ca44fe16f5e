/**
 * Makes the pictures of the README from a real run: docs/pictures/terminal.svg shows the example pool-hooks with a player that
 * is kicked, docs/pictures/test-picture.png a frame that the player receives. Needs ffmpeg. By hand: `npm run pictures`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { ensureBuilt, fail, root, say, tsc } from './workspace.mjs'

const folder = join(root, 'docs/pictures')
const shownPort = 8554
const shownUrl = `rtsp://127.0.0.1:${shownPort}/lobby`
const waitLimitMs = 20_000
/** Until the player has set up and plays. */
const playMs = 1500

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** The lines of a terminal, as typed and as printed; `wait` resolves with the first printed line that matches. */
class Terminal {
  lines = []
  #waiting = []

  constructor(program, port) {
    this.program = program
    createInterface({ input: program.stdout }).on('line', (line) => {
      this.lines.push({ text: line.replaceAll(String(port), String(shownPort)) })
      for (const { pattern, resolve } of this.#waiting) if (pattern.test(line)) resolve(line)
    })
  }

  type(text) {
    this.lines.push({ text, isTyped: true })
    this.program.stdin.write(`${text}\n`)
  }

  wait(pattern) {
    const found = new Promise((resolve) => this.#waiting.push({ pattern, resolve }))
    const late = setTimeout(waitLimitMs, undefined, { ref: false }).then(() => {
      throw new Error(`no line has ${pattern}`)
    })
    return Promise.race([found, late])
  }
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** Draws lines of text as a terminal shows them. */
function drawn(lines) {
  const lineHeight = 22
  const width = 16 + 9 * Math.max(...lines.map(({ text }) => text.length + 2))
  const height = 52 + lineHeight * lines.length
  const texts = lines.map(({ text, isTyped, prompt = '' }, index) => {
    const color = isTyped ? '#f2f2f2' : '#9fd3a5'
    return `  <text x="16" y="${58 + lineHeight * index}" fill="${color}" xml:space="preserve">${escaped(prompt + text)}</text>`
  })
  const dots = ['#e06c60', '#e0b457', '#77b868'].map(
    (color, index) => `  <circle cx="${20 + 20 * index}" cy="18" r="6" fill="${color}"/>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="15">`,
    '  <title>A session of rtspool in a terminal</title>',
    `  <rect width="${width}" height="${height}" rx="8" fill="#1d232b"/>`,
    ...dots,
    ...texts,
    '</svg>',
    '',
  ].join('\n')
}

async function run(command, args) {
  const child = spawn(command, args, { stdio: 'ignore' })
  child.on('error', (error) => fail(`${command} cannot be started: ${error.message}`))
  const [code] = await once(child, 'close')
  if (code !== 0) fail(`${command} ended with ${code}`)
}

ensureBuilt()
if (tsc(['-b', 'examples']) !== 0) fail('the examples do not compile; see above')
const port = await freePort()
const url = `rtsp://127.0.0.1:${port}/lobby`
const input = ['-loglevel', 'error', '-rtsp_transport', 'tcp', '-i', url]
const server = spawn(process.execPath, [join(root, 'examples/dist/pool-hooks.js')], {
  env: { ...process.env, PORT: String(port) },
  stdio: ['pipe', 'pipe', 'inherit'],
})
const terminal = new Terminal(server, port)
terminal.lines.push({ text: 'node examples/dist/pool-hooks.js', isTyped: true, prompt: '$ ' })
let player
try {
  mkdirSync(folder, { recursive: true })
  await terminal.wait(/^rtsp:/)
  const shotEnded = terminal.wait(/^- /)
  const shot = ['-frames:v', '1', '-update', '1', join(folder, 'test-picture.png')]
  await run('ffmpeg', ['-y', ...input, '-ss', '1', ...shot])
  await shotEnded
  terminal.lines.splice(2)
  const came = terminal.wait(/^\+/)
  terminal.lines.push({ text: `# in another terminal: ffplay ${shownUrl}`, isTyped: true })
  player = spawn('ffmpeg', [...input, '-f', 'null', '-'], { stdio: 'ignore' })
  const [, publicId] = (await came).split(' ')
  await setTimeout(playMs)
  const listed = terminal.wait(/Playing/)
  terminal.type('list')
  await listed
  const kicked = Promise.all([terminal.wait(/^- .* kicked/), terminal.wait(/^done/)])
  terminal.type(`kick ${publicId}`)
  await kicked
} finally {
  player?.kill('SIGKILL')
  server.kill('SIGINT')
}
writeFileSync(join(folder, 'terminal.svg'), drawn(terminal.lines))
say('docs/pictures/terminal.svg and docs/pictures/test-picture.png written')
