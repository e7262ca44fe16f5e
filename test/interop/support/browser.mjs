/** A page with the player of the dashboard, and Debian's Chromium to open it: for tests and benchmarks. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import ts from 'typescript'

const playerFolder = fileURLToPath(
  new URL('../../../packages/rtspool-dashboard/src/live/', import.meta.url),
)

/** The modules of the player, without types, by path. */
function playerModules() {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 }
  return new Map(
    readdirSync(playerFolder).map((name) => {
      const source = readFileSync(`${playerFolder}${name}`, 'utf8')
      const { outputText } = ts.transpileModule(source, { compilerOptions })
      return [`/player/${name.replace(/\.ts$/, '.js')}`, outputText]
    }),
  )
}

const page = `<!doctype html><meta charset="utf-8"><title>live</title>
<body style="margin:0"><video id="video" muted playsinline width="640" height="360"></video>
<p id="state"></p><p id="text"></p>
<script type="module">
import { LivePlayer } from '/player/index.js'
const path = new URLSearchParams(location.search).get('path')
const connect = async () => {
  const response = await fetch('/ticket?path=' + encodeURIComponent(path))
  const ticket = await response.text()
  const url = location.origin.replace('http', 'ws') + '/'
  return { url, protocols: ['rtspool.live', 'ticket.' + ticket] }
}
const tell = (id, text) => { document.getElementById(id).textContent = text }
const startedAt = performance.now()
const video = document.getElementById('video')
video.requestVideoFrameCallback(() => { window.firstPictureMs = performance.now() - startedAt })
window.states = []
const onStatus = ({ state, text }) => {
  window.states.push(state)
  tell('state', state)
  tell('text', text)
}
new LivePlayer(video, { connect, onStatus }).start()
</script>`

/**
 * Returns a listener of an HTTP server: the page of a player, its modules, and tickets.
 *
 * @param {(path: string) => string} issueTicket
 * @returns {import('node:http').RequestListener}
 */
export function playerPage(issueTicket) {
  const modules = playerModules()
  return ({ url = '/' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://page')
    const script = modules.get(pathname)
    const type = script ? 'text/javascript' : pathname === '/' ? 'text/html' : 'text/plain'
    response.setHeader('content-type', `${type}; charset=utf-8`)
    if (script) response.end(script)
    else if (pathname === '/') response.end(page)
    else if (pathname === '/ticket') response.end(issueTicket(searchParams.get('path') ?? ''))
    else response.writeHead(404).end()
  }
}

/** Starts Debian's Chromium without a window. */
export function startBrowser() {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--autoplay-policy=no-user-gesture-required', '--disable-gpu', '--mute-audio'],
  })
}
