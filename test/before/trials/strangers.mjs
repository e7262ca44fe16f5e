/** Trials of S-8 to S-11: guessers, functions of the application, lists, replays. */
import { readFileSync } from 'node:fs'
import { attack as guess } from '../../faults/attacks/guessers.mjs'
import { digestOf } from '../../faults/support/digest.mjs'
import { join, setUp, urlOf } from '../support/clients.mjs'
import { sleep, within } from '../support/waiting.mjs'

const victim = { user: 'victim', password: 'of-the-attack' }

/** Errors that would have ended a process that does not listen to them. */
function strayErrors() {
  const errors = []
  process.on('unhandledRejection', (error) => errors.push(error))
  process.on('uncaughtException', (error) => errors.push(error))
  return errors
}

export const trials = {
  'S-8': {
    way: 'command',
    async seen(build) {
      const env = { RTSPOOL_USERS: `${victim.user}:${victim.password}` }
      const run = await build.command([], { env })
      const to = { host: '198.18.0.1', port: run.port }
      const localAddress = '198.18.0.9'
      const stop = new AbortController()
      const attack = { ...to, connections: 100, from: localAddress }
      // Whoever has logged in lately does not wait behind the guesser.
      const earlier = await join({ ...to, localAddress })
      earlier.credentials = victim
      await earlier.request('DESCRIBE', urlOf(to, '/test'))
      earlier.close()
      const counts = guess(attack, { signal: stop.signal, standing: () => {} })
      await sleep(1_500)
      let served = 0
      for (let n = 0; n < 5; n++) {
        const peer = await join({ ...to, localAddress })
        peer.credentials = victim
        const answer = await within(peer.request('DESCRIBE', urlOf(to, '/test')), 3_000)
        if (answer?.status === 200) served++
        peer.close()
      }
      stop.abort()
      await within(counts, 2_000)
      return {
        holds: served === 5,
        saw: `right credentials beside a guesser: ${served} of 5 served`,
      }
    },
  },
  'S-9': {
    way: 'library',
    async seen(build) {
      const errors = strayErrors()
      process.on('warning', () => {})
      const { server, to } = await build.serve({
        pool: { createSessionId: () => Promise.reject(new Error('no id')) },
      })
      server.on('connectionOpened', async () => {
        throw new Error('a listener')
      })
      const peer = await join(to)
      await peer.request('OPTIONS', urlOf(to, '/'))
      await setUp(to, '/').catch(() => {})
      await sleep(200)
      return { holds: errors.length === 0, saw: `errors that end the process: ${errors.length}` }
    },
  },
  'S-10': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      const peer = await join(to)
      const body = 'a\r\n'.repeat(20_000)
      const headers = { 'Content-Type': 'text/parameters' }
      const ask = () => peer.request('GET_PARAMETER', urlOf(to, '/test'), headers, body)
      for (let n = 0; n < 10; n++) await ask()
      const time = () => {
        const stat = readFileSync(`/proc/${run.child.pid}/stat`, 'utf8').split(') ')[1].split(' ')
        return (Number(stat[11]) + Number(stat[12])) * 10
      }
      const before = time()
      let answer
      for (let n = 0; n < 100; n++) answer = await ask()
      const ms = (time() - before) / 100
      return { holds: ms <= 1, saw: `${ms.toFixed(1)} ms for 20,000 names, ${answer.status}` }
    },
  },
  'S-11': {
    way: 'command',
    async seen(build) {
      const env = { RTSPOOL_USERS: `${victim.user}:${victim.password}` }
      const run = await build.command([], { env })
      const to = { host: '127.0.0.1', port: run.port }
      const url = urlOf(to, '/test')
      const first = await join(to)
      const { head } = await first.request('DESCRIBE', url)
      const headers = { Authorization: digestOf(head, 'DESCRIBE', url, victim) }
      const own = await first.request('DESCRIBE', url, headers)
      const replayed = await (await join(to)).request('DESCRIBE', url, headers)
      return {
        holds: own.status === 200 && replayed.status === 401,
        saw: `on its connection ${own.status}, repeated on another ${replayed.status}`,
      }
    },
  },
}
