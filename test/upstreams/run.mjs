/**
 * `run.mjs [--seconds 10] [--at-once] [PEER=WAY,WAY ...]`: pulls from each server over each way, kills the server, starts it
 * again, and waits for the picture. Prints a table: packets, and seconds until the picture was back. Servers are tried side by
 * side, the ways of one server one after the other, or all together with `--at-once`. Ends with 1 if a cell fails. See
 * scripts/test-upstreams.mjs for the network.
 */
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'
import { comeBack, pull } from './cells.mjs'
import { peers } from './peers.mjs'
import { ways } from './ways.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    'at-once': { type: 'boolean', default: false },
  },
})
const { UPSTREAMS_CLIENT: own = '127.0.0.1', UPSTREAMS_HOST: host = '127.0.0.1' } = process.env
const folder = mkdtempSync(join(tmpdir(), 'rtspool-upstreams-'))
const fileUrl = (path) => new URL(path, import.meta.url)
const certificate = fileUrl('../../packages/rtspool/test/support/certificates/first.cert.pem')
const { fingerprint256: fingerprint } = new X509Certificate(readFileSync(certificate))
const clip = fileUrl('../../packages/rtspool-server/assets/test.mp4').pathname

const server = new RtspServer({ port: 0, host: own, udpPorts: false })
server.mounts.add('/test', fileMedia(clip, { loop: true }))
await server.listen()
const source = `rtsp://${own}:${server.address().port}/test`
const place = { host, source, tls: { fingerprint }, folder, film: {} }

/** Next TCP port of the servers, which have a network of their own. */
let freePort = 21_000

/** Tries one cell. @returns Its text, and whether it failed. */
async function tryCell(peer, id) {
  const reason = peer.without[id]
  if (reason !== undefined) return { text: `— ${reason}`, isFailed: false }
  const [way, { tls }] = [ways[id], place]
  let first
  try {
    const ports = { port: freePort++, tlsPort: freePort++ }
    const start = () => peer.start(id, ports, place)
    first = await start()
    const { packets, srtp } = await pull(first, way, Number(values.seconds), tls)
    const name = `${peer.name}-${id}`
    const { seconds } = await comeBack(server, name, first, way, tls, start)
    const secured = way.srtp || srtp === undefined ? '' : ', SRTP'
    return { text: `${packets}${secured}; ${seconds.toFixed(1)} s`, isFailed: false }
  } catch (error) {
    return { text: `**${error.code ?? ''} ${error.message}**`, isFailed: true }
  } finally {
    await first?.kill()
  }
}

const wanted = new Map(
  positionals.map((each) => {
    const [name, list] = each.split('=')
    return [name, list?.split(',') ?? Object.keys(ways)]
  }),
)
const unknown = [...wanted].filter(
  ([name, ids]) => !peers.some((peer) => peer.name === name) || ids.some((id) => !ways[id]),
)
if (unknown.length > 0) throw new Error(`unknown server or way: ${unknown.join(' ')}`)

const lanes = peers.map(async (peer) => {
  const ids = wanted.size === 0 ? Object.keys(ways) : (wanted.get(peer.name) ?? [])
  const cell = async (id) => ({ peer: peer.name, way: id, ...(await tryCell(peer, id)) })
  if (values['at-once']) return Promise.all(ids.map(cell))
  const cells = []
  for (const id of ids) cells.push(await cell(id))
  return cells
})
const cells = (await Promise.all(lanes)).flat()
await server.close()
rmSync(folder, { recursive: true })

const row = (name, texts) => `| ${[name, ...texts].join(' | ')} |`
const ids = Object.keys(ways).filter((id) => cells.some(({ way }) => way === id))
const names = ids.map((id) => ways[id].name)
const rule = ids.map(() => '---')
console.log([row('server', names), row('---', rule)].join('\n'))
for (const { name } of peers) {
  const tried = cells.filter(({ peer }) => peer === name)
  const texts = ids.map((id) => tried.find(({ way }) => way === id)?.text ?? '')
  if (tried.length > 0) console.log(row(name, texts))
}
process.exitCode = cells.some(({ isFailed }) => isFailed) ? 1 : 0
