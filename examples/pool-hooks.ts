// Who may be here, who is, and who was: the pool's hook, events and questions, with a small console.
//
//   ffplay rtsp://127.0.0.1:8554/lobby       everybody, two at a time from one address
//   ffplay rtsp://127.0.0.1:8554/office      from this machine only
//   then type: list, count, kick ID, stats
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'
import type { AdmitAnswer, AdmitContext } from 'rtspool/session-pool'

const port = Number(process.env.PORT ?? 8554)
const testClip = new URL('../../packages/rtspool-server/assets/test.mp4', import.meta.url) // in a clone
const clip = process.argv[2] ?? fileURLToPath(testClip)
const barred = new Set(['192.0.2.1'])

/** Asked once for each session, before anything is made for it. It may be async: ask a database. */
function onAdmit({ owner, path }: AdmitContext): AdmitAnswer {
  if (barred.has(owner.address)) return false // 403
  const isLocal = owner.address === '127.0.0.1' || owner.address === '::1'
  if (path === '/office' && !isLocal) return { statusCode: 404 } // as if there were none
  if (path === '/lobby') return { init: { maxLifetime: 3600 } } // an hour is enough
  return true
}

const server = new RtspServer({
  port,
  pool: { maxSessions: 100, maxSessionsPerAddress: 2, maxIdleSetup: 30, onAdmit },
})
const { pool } = server
server.mounts.add('/lobby', fileMedia(clip, { loop: true }))
server.mounts.add('/office', fileMedia(clip, { loop: true }))

// A session is named by its publicId: the id itself is the client's secret.
pool.on('sessionCreated', ({ publicId, owner }) => console.log(`+ ${publicId} ${owner?.address}`))
pool.on('sessionRemoved', ({ publicId }, reason) => console.log(`- ${publicId} ${reason}`))
pool.on('sessionRefused', ({ limit, owner, path }) => {
  console.log(`! ${owner?.address} wanted ${path}: ${limit}`)
})

/** What an operator may ask; kicking is `end` with a reason, which the events and counters tell. */
const commands: Record<string, (argument: string) => unknown> = {
  list: () =>
    pool.list({ limit: 20 }).sessions.map(({ publicId, owner, state, paths }) => {
      return `${publicId} ${owner?.address} ${state} ${paths.join(' ')}`
    }),
  count: () => ({ all: pool.size, lobby: pool.count({ path: '/lobby' }) }),
  kick: (publicId) => {
    const session = pool.findByPublicId(publicId)
    session?.end('kicked')
    return session ? 'done' : 'no such session'
  },
  stats: () => pool.stats(),
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const [name = '', argument = ''] = line.trim().split(' ')
  console.log(commands[name]?.(argument) ?? `one of: ${Object.keys(commands).join(', ')}`)
})

async function close(): Promise<void> {
  lines.close()
  await server.close()
}

await server.listen()
console.log(`rtsp://127.0.0.1:${port}/lobby`)
process.once('SIGINT', close)
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(close, seconds * 1000)
