// The session pool alone, under a protocol of one's own: lines of text over TCP.
//
//   HELLO           -> OK <id>      a session
//   COUNT <id>      -> OK <n>       how often it has counted
//   BYE <id>        -> OK           its end
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type SessionOwner, SessionPool, SessionPoolError } from 'rtspool/session-pool'

declare module 'rtspool/session-pool' {
  interface SessionData {
    counted: number
  }
}

const pool = new SessionPool({ maxSessions: 2, timeout: 1, extraTimeout: 0 })
pool.startCleanup()
pool.on('sessionRemoved', (session, reason) => console.log(`${session.publicId} left: ${reason}`))

function answer(line: string, owner: SessionOwner): string {
  const [verb, id = ''] = line.split(' ')
  if (verb === 'HELLO') return `OK ${pool.create({ owner, data: { counted: 0 } }).id}`
  const session = pool.find(id, owner)
  if (session === undefined) return 'NO no such session'
  if (verb === 'COUNT') {
    session.data.counted = (session.data.counted ?? 0) + 1
    return `OK ${session.data.counted}`
  }
  if (verb !== 'BYE') return 'NO no such verb'
  session.end('teardown')
  return 'OK'
}

const server = createServer((socket) => {
  const owner = { address: socket.remoteAddress ?? '' }
  createInterface({ input: socket }).on('line', (line) => {
    try {
      socket.write(`${answer(line, owner)}\n`)
    } catch (error) {
      if (!(error instanceof SessionPoolError)) throw error
      socket.write(`NO ${error.message}\n`)
    }
  })
})
await once(server.listen(0, '127.0.0.1'), 'listening')

// A client that tries everything.
const { port } = server.address() as AddressInfo
const client: Socket = connect(port, '127.0.0.1')
const lines = createInterface({ input: client })[Symbol.asyncIterator]()

async function ask(line: string): Promise<string> {
  client.write(`${line}\n`)
  const { value } = await lines.next()
  // Ids are secrets, so not even an example shows them.
  console.log(`${line.split(' ')[0]} -> ${String(value).replace(/\b\S{32}$/, '<id>')}`)
  return String(value).slice(3)
}

const first = await ask('HELLO')
await ask(`COUNT ${first}`)
await ask(`COUNT ${first}`)
await ask('COUNT guessed')
await ask('HELLO')
await ask('HELLO') // one too many
await ask(`BYE ${first}`)
await once(pool, 'sessionRemoved') // the second says nothing for a second
console.log(`created ${pool.stats().created}, refused ${pool.stats().refused.maxSessions}`)

client.destroy()
server.close()
pool.close()
