import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { requestBytes } from '../../faults/support/rtsp-peer.mjs'
import {
  h264Lines,
  idr,
  join,
  overTcp,
  publish,
  RtspPeer,
  rtp,
  sdpOf,
  sessionIdOf,
  sessionLines,
  slice,
  unit,
  urlOf,
} from '../support/clients.mjs'
import { sleep, waitUntil, within } from '../support/waiting.mjs'

const server = '198.18.0.1'
/** Address number `n` of those that are not of the loopback. */
const stranger = (n) => `198.18.${1 + (n >>> 8)}.${n & 0xff}`

const isAnswered = async (to, ms = 3_000) => {
  try {
    const peer = await join(to)
    const answer = await within(peer.request('OPTIONS', urlOf(to, '/test')), ms)
    peer.close()
    return answer?.status === 200
  } catch {
    return false
  }
}

/** Processor time of a process, in milliseconds. */
const processorTime = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const residentMb = (pid) =>
  Math.round(Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024)

/** Sends a request `count` times, one after the other. @returns Milliseconds of processor time for each. */
async function costOf(run, peer, count, send) {
  for (let n = 0; n < 30; n++) await send()
  const before = processorTime(run.child.pid)
  let answer
  for (let n = 0; n < count; n++) answer = await send()
  peer.close()
  return { ms: (processorTime(run.child.pid) - before) / count, status: answer.status }
}

async function setUpAndLeave(to, localAddress) {
  const peer = await RtspPeer.connect({ ...to, localAddress, timeoutMs: 2_000 })
  const url = urlOf(to, '/test')
  const answer = await within(
    peer.request('SETUP', `${url}/trackID=0`, { Transport: overTcp(0) }),
    2_000,
  )
  if (answer === undefined) throw new Error('no answer')
  await within(peer.request('TEARDOWN', url, { Session: sessionIdOf(answer) }), 2_000)
  peer.close()
}

export const trials = {
  'S-1': {
    way: 'command',
    async seen(build) {
      const run = await build.command([], { node: ['--max-old-space-size=96'] })
      const to = { host: '127.0.0.1', port: run.port }
      const one = requestBytes('DESCRIBE', 'rtsp://h/test')
      const all = Buffer.concat(Array.from({ length: Math.ceil(300_000 / one.length) }, () => one))
      const sockets = Array.from({ length: 200 }, () => connect(to).pause())
      for (const socket of sockets) socket.on('error', () => {}).write(all)
      await waitUntil(() => run.ended !== undefined, 8_000)
      const lives = run.ended === undefined && (await isAnswered(to))
      for (const socket of sockets) socket.destroy()
      return {
        holds: lives,
        saw: lives
          ? 'the server answers'
          : run.ended === undefined
            ? 'no answer'
            : `ended by ${run.ended}${/heap out of memory/.test(run.stderr) ? ', heap out of memory' : ''}`,
      }
    },
  },
  'S-2': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      const peer = await join(to)
      const url = urlOf(to, '/a'.repeat(1000))
      const { ms, status } = await costOf(run, peer, 300, () => peer.request('DESCRIBE', url))
      return { holds: ms <= 1, saw: `${ms.toFixed(2)} ms for a path of 1000 segments, ${status}` }
    },
  },
  'S-3': {
    way: 'library',
    async seen(build) {
      const { to: own } = await build.serve({ maxConnections: 40 }, '0.0.0.0')
      const to = { ...own, host: server }
      const sockets = Array.from({ length: 60 }, () =>
        connect({ ...to, localAddress: stranger(9) }),
      )
      for (const socket of sockets) {
        socket.on('error', () => {}).resume()
        socket.write(requestBytes('OPTIONS', '*'))
      }
      await sleep(500)
      const holds = await isAnswered({ ...to, localAddress: stranger(5) })
      return {
        holds,
        saw: `a newcomer beside 60 connections of another address: ${holds ? 'served' : 'refused'}`,
      }
    },
  },
  'S-4': {
    way: 'library',
    async seen(build) {
      const { SessionPool } = await build.entry('./session-pool')
      const pool = new SessionPool({ maxSessionsPerAddress: 5 })
      let made = 0
      for (let n = 1; n <= 20; n++) {
        try {
          pool.create({ owner: { address: `2001:db8::${n.toString(16)}` } })
          made++
        } catch {}
      }
      pool.close()
      return { holds: made === 5, saw: `${made} sessions of one /64 with a limit of 5` }
    },
  },
  'S-5': {
    way: 'command',
    async seen(build) {
      const unread = await build.command([], { isUnread: true })
      const to = { host: server, port: unread.port }
      let sessions = 0
      try {
        for (; sessions < 500; sessions++) await setUpAndLeave(to, stranger(sessions % 250))
      } catch {}
      const full = openSync('/dev/full', 'w')
      const run = await build.command([], { errors: full })
      closeSync(full)
      const ofFull = { host: '127.0.0.1', port: run.port }
      const lives = run.port !== 0 && (await isAnswered(ofFull)) && run.ended === undefined
      return {
        holds: sessions === 500 && lives,
        saw: `log unread: ${sessions} of 500 sessions served; log full: ${lives ? 'serves' : `exit code ${run.ended}`}`,
      }
    },
  },
  'S-6': {
    way: 'command',
    async seen(build) {
      const run = await build.command(['--max-sessions', '100'])
      const to = { host: server, port: run.port, localAddress: stranger(2) }
      let announced = 0
      for (let n = 0; n < 300; n++) {
        const peer = await join(to)
        const headers = { 'Content-Type': 'application/sdp' }
        const sdp = sdpOf(sessionLines, h264Lines())
        const answer = await peer.request('ANNOUNCE', urlOf(to, `/many/${n}`), headers, sdp)
        if (answer.status === 200) announced++
      }
      const before = residentMb(run.child.pid)
      const tracks = 24
      const lines = Array.from({ length: tracks }, (_, track) => h264Lines(track)).flat()
      const other = { host: server, port: run.port, localAddress: stranger(3) }
      const publisher = await publish(other, '/large', { sdp: sdpOf(sessionLines, lines), tracks })
      for (let track = 0; track < tracks; track++) {
        for (let n = 0; n < 120; n++) {
          const payload = unit(n === 0 ? idr : slice, 60_000)
          publisher.send(track, rtp({ number: n, time: n * 3600, payload }))
        }
        await waitUntil(() => publisher.peer.socket.writableLength === 0)
      }
      await publisher.peer.request('OPTIONS', publisher.url)
      const grown = residentMb(run.child.pid) - before
      return {
        holds: announced <= 25 && grown < 150,
        saw: `${announced} of 300 announcements; ${grown} MB for a session of ${tracks} tracks that sent 173 MB`,
      }
    },
  },
  'S-7': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      const to = { host: server, port: run.port }
      for (let n = 0; n < 300; n++) await setUpAndLeave(to, stranger(1))
      await sleep(300)
      const lines = run.stderr.split('\n').filter((line) => /session/.test(line)).length
      return { holds: lines < 100, saw: `${lines} lines for 300 sessions of one address` }
    },
  },
}
