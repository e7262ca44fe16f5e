/**
 * A page with the player of the dashboard, and Debian's Chromium to open it: for tests and benchmarks.
 * It plays at once, or with `click` in its query at a click, which finds a ticket ready as in the dashboard.
 */
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
<p id="state"></p><p id="text"></p><button id="watch" hidden>Watch</button>
<script type="module">
import { LivePlayer } from '/player/index.js'
const parameters = new URLSearchParams(location.search)
const path = parameters.get('path')
const ask = async () => (await fetch('/ticket?path=' + encodeURIComponent(path))).text()
let prepared
const connect = async () => {
  const ticket = await (prepared ?? ask())
  prepared = undefined
  const url = location.origin.replace('http', 'ws') + '/'
  return { url, protocols: ['rtspool.live', 'ticket.' + ticket] }
}
const tell = (id, text) => { document.getElementById(id).textContent = text }
const video = document.getElementById('video')
window.states = []
const onStatus = ({ state, text }) => {
  window.states.push(state)
  tell('state', state)
  tell('text', text)
}
const play = () => {
  const startedAt = performance.now()
  video.requestVideoFrameCallback(() => { window.firstPictureMs = performance.now() - startedAt })
  new LivePlayer(video, { connect, onStatus }).start()
}
const button = document.getElementById('watch')
if (parameters.has('click')) {
  button.hidden = false
  button.onpointerenter = () => { prepared = ask() }
  button.onclick = play
} else play()
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
