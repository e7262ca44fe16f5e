/**
 * `npm run house:trip`: how often a reader who follows a SETUP through the code comes back to a file that was left.
 *
 * Serves one SETUP of each kind with a copy of the compiled library in which each function notes that it is entered, from
 * the handler until its answer. Functions of one file that follow one another are one stay in the file. A stay in a file
 * that has had one before is a return. Coming back from a call is none.
 *
 * Counted are `server/`, `media/` and `transport/`; calls inside `transport/` are one stay. Not counted are words: getters,
 * functions of one statement that call nothing, and constructors that only keep what they are given; the formats and leaves,
 * which turn values into values; the pool, a package of its own.
 *
 * `--trace KIND` prints the whole way of one kind.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join, relative, sep } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { ensureBuilt, root } from './workspace.mjs'

/** Returns of the SETUP that has most of them: lower it when there are fewer. */
const maxReturns = 10

const library = join(root, 'packages/rtspool')
const copy = join(root, 'node_modules/.cache/rtspool/setup-trip')
const certificate = (part) =>
  readFileSync(join(library, `test/support/certificates/first.${part}.pem`))

/** The room that a compiled file is, or `undefined` for what is not counted. */
function roomOf(file) {
  return /^(server|media|transport)\//.test(file) ? file.replace(/\.js$/, '') : undefined
}

/** Whether a node is a function that is more than a word. */
function isCounted(node) {
  if (!ts.isFunctionLike(node) || !node.body || ts.isGetAccessor(node)) return false
  if (ts.isConstructorDeclaration(node)) return hasCall(node.body)
  return !isWord(node.body)
}

/** Whether a body is one statement, or none, that calls nothing. */
function isWord(body) {
  if (!ts.isBlock(body)) return !hasCall(body)
  return body.statements.length <= 1 && !body.statements.some(hasCall)
}

function hasCall(node) {
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return true
  return ts.forEachChild(node, hasCall) ?? false
}

function nameOf(node) {
  if (ts.isConstructorDeclaration(node)) return 'new'
  const named = ts.isVariableDeclaration(node.parent) ? node.parent : node
  return named.name?.getText() ?? '=>'
}

/** The source with `trip(ROOM, FUNCTION)` at the beginning of each function. */
function instrumented(text, room) {
  const source = ts.createSourceFile('a.js', text, ts.ScriptTarget.ESNext, true)
  const insertions = []
  const visit = (node) => {
    if (isCounted(node)) {
      const call = `trip(${JSON.stringify(room)}, ${JSON.stringify(nameOf(node))})`
      if (ts.isBlock(node.body)) insertions.push([node.body.getStart() + 1, ` ${call};`])
      else insertions.push([node.body.getStart(), `(${call}, `], [node.body.getEnd(), ')'])
      if (nameOf(node) === 'handleSetup') {
        insertions.push([node.getStart(), 'beginTrip('], [node.getEnd(), ')'])
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  let result = text
  for (const [at, inserted] of insertions.sort(([a], [b]) => b - a)) {
    result = result.slice(0, at) + inserted + result.slice(at)
  }
  return result
}

function copyLibrary() {
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  cpSync(join(library, 'dist'), join(copy, 'dist'), { recursive: true })
  writeFileSync(join(copy, 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir')
  for (const entry of readdirSync(join(copy, 'dist'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue
    const file = join(entry.parentPath, entry.name)
    const room = roomOf(relative(join(copy, 'dist'), file).split(sep).join('/'))
    if (room) writeFileSync(file, instrumented(readFileSync(file, 'utf8'), room))
  }
}

/** The stays of a request, in order, wherever its handler goes on after a wait. */
const way = new AsyncLocalStorage()
let lastWay = []

const isSocket = (room = '') => room.startsWith('transport/')

globalThis.trip = (room, name) => {
  const stays = way.getStore()
  if (!stays) return
  const last = stays.at(-1)
  const isSameRoom = last?.room === room || (isSocket(last?.room) && isSocket(room))
  if (isSameRoom) last.names.push(name)
  else stays.push({ room, names: [name] })
}

globalThis.beginTrip =
  (handler) =>
  (...args) => {
    lastWay = []
    return way.run(lastWay, handler, ...args)
  }

/** An RTSP client that sends one request after the other. */
class Client {
  #text = ''
  #waiting = () => {}
  #cseq = 0
  #socket

  constructor(socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      const end = this.#text.indexOf('\r\n\r\n')
      if (end >= 0) this.#waiting(this.#text.slice(0, end))
    })
  }

  /** @returns Status line and headers. */
  async ask(method, uri, headers = {}, body = '') {
    const lines = Object.entries({
      ...{ CSeq: ++this.#cseq, ...headers },
      ...(body && { 'Content-Length': body.length }),
    }).map(([name, value]) => `${name}: ${value}`)
    this.#text = ''
    const answer = new Promise((resolve) => {
      this.#waiting = resolve
    })
    this.#socket.write([`${method} ${uri} RTSP/1.0`, ...lines, '', body].join('\r\n'))
    const head = await answer
    if (!head.startsWith('RTSP/1.0 200')) throw new Error(`${method} ${uri}: ${head}`)
    return head
  }

  close() {
    this.#socket.destroy()
  }
}

const announced = [
  ...['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=trip', 'c=IN IP4 127.0.0.1', 't=0 0'],
  ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:trackID=0', ''],
].join('\r\n')

const inside = 'RTP/AVP/TCP;unicast;interleaved=0-1'
const datagrams = 'RTP/AVP;unicast;client_port=47110-47111'
const require = { Require: 'www.onvif.org/ver20/backchannel' }

/** Each kind of SETUP, as programs ask for it: after a DESCRIBE or an ANNOUNCE. */
const kinds = {
  play: { transport: inside },
  'play, UDP': { transport: datagrams },
  'play, SRTP': { transport: 'RTP/SAVP/TCP;unicast;interleaved=0-1', isSecure: true },
  multicast: { transport: 'RTP/AVP;multicast' },
  record: { transport: `${inside};mode=record`, isAnnounced: true },
  'record, UDP': { transport: `${datagrams};mode=record`, isAnnounced: true },
  'back channel': { transport: inside, track: 1, headers: require },
}

async function startServer({ RtspServer, MediaFactory, parseSdp, createMediaDescription }) {
  const server = new RtspServer({
    port: 0,
    host: '127.0.0.1',
    udpPorts: [46_000, 46_100],
    tls: { port: 0, key: certificate('key'), cert: certificate('cert') },
    multicast: { groups: '239.255.13.1', ports: [46_200, 46_201], interface: '127.0.0.1' },
  })
  const description = createMediaDescription({
    ...{ kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
  })
  server.mounts.allowPublish('/live/*')
  server.mounts.add(
    '/door',
    new MediaFactory(
      () => ({ description: parseSdp(Buffer.from(announced)), start: () => {}, close: () => {} }),
      { backChannel: { description, open: () => ({ packet: () => {}, close: () => {} }) } },
    ),
  )
  await server.listen()
  return server
}

/** Serves one SETUP. @returns Its stays. */
async function travel(library, { transport, track = 0, headers, isSecure, isAnnounced }) {
  const server = await startServer(library)
  const { port } = isSecure ? server.tlsAddress() : server.address()
  const client = new Client(
    isSecure
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect(port, '127.0.0.1'),
  )
  try {
    const base = `${isSecure ? 'rtsps' : 'rtsp'}://127.0.0.1:${port}`
    const uri = `${base}${isAnnounced ? '/live/trip' : '/door'}`
    if (isAnnounced) {
      await client.ask('ANNOUNCE', uri, { 'Content-Type': 'application/sdp' }, announced)
    } else await client.ask('DESCRIBE', uri, { Accept: 'application/sdp', ...headers })
    await client.ask('SETUP', `${uri}/trackID=${track}`, { Transport: transport, ...headers })
    return lastWay
  } finally {
    client.close()
    await server.close()
  }
}

function summaryOf(way) {
  const files = new Set(way.map(({ room }) => room))
  return { stays: way.length, files: files.size, returns: way.length - files.size }
}

function printTrace(way) {
  const seen = new Set()
  for (const { room, names } of way) {
    console.log(`${seen.has(room) ? 'again' : '     '} ${room}: ${names.join(' ')}`)
    seen.add(room)
  }
}

async function main() {
  ensureBuilt()
  copyLibrary()
  const instrumentedLibrary = await import(pathToFileURL(join(copy, 'dist/index.js')).href)
  const flag = process.argv.indexOf('--trace')
  const traced = flag < 0 ? undefined : process.argv[flag + 1]
  let worst = 0
  for (const [kind, request] of Object.entries(kinds)) {
    const way = await travel(instrumentedLibrary, request)
    if (traced === kind) printTrace(way)
    const { stays, files, returns } = summaryOf(way)
    const figures = `${stays} stays in ${files} files, ${returns} returns`
    console.log(`${kind.padEnd(14)} ${figures} (at most ${maxReturns})`)
    worst = Math.max(worst, returns)
  }
  rmSync(copy, { recursive: true, force: true })
  if (worst <= maxReturns) return
  console.log(`error: a SETUP returns ${worst} times to a file that it has left`)
  process.exitCode = 1
}

await main()
