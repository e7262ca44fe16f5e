// Waits until TCP from this network reaches addresses: a connection is refused then, or made. Links that have just come
// up do not know their neighbours yet.
// Usage: node reach.mjs ADDRESS…
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const giveUpAt = performance.now() + 20_000
const port = 9

const isReached = (host) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 })
    const end = (reached) => {
      socket.destroy()
      resolve(reached)
    }
    socket.on('connect', () => end(true))
    socket.on('timeout', () => end(false))
    socket.on('error', ({ code }) => end(code === 'ECONNREFUSED'))
  })

for (const host of process.argv.slice(2)) {
  while (!(await isReached(host))) {
    if (performance.now() > giveUpAt) throw new Error(`${host} is not reached`)
    await sleep(100)
  }
}
