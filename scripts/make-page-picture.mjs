/**
 * Makes docs/pictures/dashboard.png from a real run: the command with publishers and viewers, and its web page in Chromium.
 * Needs ffmpeg and Debian's Chromium. By hand: `npm run pictures`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startBrowser } from '../test/interop/support/browser.mjs'
import { ensureBuilt, fail, root, say } from './workspace.mjs'

const picture = join(root, 'docs/pictures/dashboard.png')
const maxBytes = 150_000
const size = { width: 1180, height: 720 }
const patience = { timeout: 60_000 }
/** Until bitrates have been measured, and the live picture has moved. */
const playMs = 8_000
/** The server plays and relays on this port, so that URLs on the page look as usual. */
const rtspPort = 8554

const publications = [
  { path: '/live/door', source: 'testsrc2=size=640x360:rate=25' },
  { path: '/live/yard', source: 'smptehdbars=size=640x360:rate=25' },
]
const viewers = [
  { path: '/test', user: 'ann', transport: 'tcp' },
  { path: '/test', user: 'bob', transport: 'udp' },
  { path: '/live/door', user: 'ann', transport: 'tcp' },
  { path: '/live/door', user: 'eve', transport: 'udp' },
  { path: '/live/yard', user: 'carol', transport: 'tcp' },
]
const users = [...new Set(viewers.map(({ user }) => user)), 'camera']

const folder = mkdtempSync(join(tmpdir(), 'rtspool-picture-'))
const programs = []

function start(command, args, options) {
  const program = spawn(command, args, { stdio: 'ignore', ...options })
  program.on('error', (error) => fail(`${command} cannot be started: ${error.message}`))
  programs.push(program)
  return program
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts the command. @returns The URL of its page, and its first token. */
async function startServer() {
  const ports = { api: await freePort(), live: await freePort() }
  const main = join(root, 'packages/rtspool-server/bin/rtspool.js')
  const own = ['--host', '127.0.0.1', '--port', String(rtspPort), '--udp-ports', '31000-31001']
  const web = ['--api-port', String(ports.api), '--live-port', String(ports.live)]
  const RTSPOOL_USERS = users.map((name) => `${name}:secret`).join(' ')
  const server = start(process.execPath, [main, ...own, ...web], {
    cwd: folder,
    env: { ...process.env, RTSPOOL_USERS },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  const token = new Promise((resolve) => {
    server.stdout.on('data', (text) => {
      printed += text
      const [, found] = /shown only now: (\S+)/.exec(printed) ?? []
      if (found) resolve(found)
    })
  })
  const late = setTimeout(patience.timeout, undefined, { ref: false })
  const found = await Promise.race([token, late])
  if (found === undefined) fail('the command printed no token')
  return { url: `http://127.0.0.1:${ports.api}/`, token: found }
}

const urlFor = (user, path) => `rtsp://${user}:secret@127.0.0.1:${rtspPort}${path}`

function publish({ path, source }) {
  const coded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p']
  const input = ['-re', '-f', 'lavfi', '-i', source]
  start('ffmpeg', ['-loglevel', 'error', ...input, ...coded, '-f', 'rtsp', urlFor('camera', path)])
}

function view({ path, user, transport }) {
  const input = ['-rtsp_transport', transport, '-i', urlFor(user, path)]
  start('ffmpeg', ['-loglevel', 'error', ...input, '-c', 'copy', '-f', 'null', '-'])
}

/** Reduces the colours of the picture, so that the file is small. */
function reduceColours(from, to) {
  const filter = 'split[a][b];[a]palettegen=max_colors=128[p];[b][p]paletteuse=dither=none'
  const args = ['-loglevel', 'error', '-y', '-i', from, '-vf', filter, '-update', '1', to]
  if (spawnSync('ffmpeg', args, { stdio: 'inherit' }).status !== 0) fail('ffmpeg failed')
}

/** Moves the live picture into a corner of the page, so that the list behind it can be seen. */
const moveDialog = `
  const [sheet] = document.styleSheets
  sheet.insertRule('dialog[open] { width: 470px; margin: auto 14px 14px auto }', sheet.cssRules.length)
  sheet.insertRule('dialog::backdrop { background: none }', sheet.cssRules.length)`

async function photograph({ url, token }, browser) {
  const page = await browser.newPage({ viewport: size, colorScheme: 'light' })
  await page.goto(url)
  await page.getByLabel('Token of the control API').fill(token, patience)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Sessions', exact: true }).click(patience)
  await page.getByRole('button', { name: 'Watch /test', exact: true }).first().click(patience)
  await page.getByRole('dialog').getByText('playing').waitFor(patience)
  await page.evaluate(moveDialog)
  await setTimeout(playMs)
  const whole = join(folder, 'dashboard.png')
  await page.screenshot({ path: whole })
  reduceColours(whole, picture)
}

ensureBuilt()
const browser = await startBrowser()
try {
  const server = await startServer()
  for (const publication of publications) publish(publication)
  await setTimeout(3_000)
  for (const viewer of viewers) view(viewer)
  await photograph(server, browser)
} finally {
  await browser.close()
  for (const program of programs.reverse()) program.kill('SIGKILL')
  rmSync(folder, { recursive: true })
}
const { size: bytes } = statSync(picture)
if (bytes > maxBytes)
  fail(`docs/pictures/dashboard.png has ${bytes} bytes; at most ${maxBytes} are wanted`)
say(`docs/pictures/dashboard.png written, ${Math.round(bytes / 1000)} kB`)
