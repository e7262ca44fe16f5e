/** Trials of: routes and far clients. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import {
  h264Lines,
  idr,
  join,
  openUdp,
  overUdp,
  publish,
  RtspPeer,
  rtp,
  sdpOf,
  sessionLines,
  setUp,
  slice,
  unit,
  urlOf,
  view,
} from '../support/clients.mjs'
import { sleep, waitUntil } from '../support/waiting.mjs'

const fileOf = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

export const trials = {
  'R-1': {
    way: 'command',
    async seen(build) {
      execFileSync('ip', ['link', 'set', 'lo', 'mtu', '1400'])
      const run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      const publisher = await publish(to, '/large')
      let number = 0
      const picture = (first) => {
        for (let part = 0; part < 5; part++) {
          const payload = unit(first, 1_460)
          const time = Math.floor(number / 5) * 3600
          publisher.send(0, rtp({ number, time, payload, marker: part === 4 }))
          number++
        }
      }
      const { packets } = await openUdp()
      await view(to, '/large', { transportOf: overUdp })
      for (let n = 0; n < 50; n++) {
        picture(n % 25 === 0 ? idr : slice)
        await sleep(20)
      }
      await waitUntil(() => packets.length === number, 1_000)
      return {
        holds: packets.length > number * 0.95,
        saw: `${packets.length} of ${number} packets of 1472 bytes over a link of 1400`,
      }
    },
  },
  'R-2': {
    way: 'command',
    async seen(build) {
      const run = await build.command(['--session-timeout', '1'])
      const to = { host: '127.0.0.1', port: run.port }
      const peer = await join(to)
      const url = urlOf(to, '/cut')
      const sdp = sdpOf(sessionLines, h264Lines())
      await peer.expectOk('ANNOUNCE', url, { 'Content-Type': 'application/sdp' }, sdp)
      const answer = await peer.expectOk('SETUP', `${url}/streamid=0`, {
        Transport: `${overUdp(0)};mode=record`,
      })
      const session = /^session: *([^;\r\n]+)/im.exec(answer.head)[1]
      await peer.expectOk('RECORD', url, { Session: session })
      const isClosed = await waitUntil(
        () => peer.socket.readableEnded || peer.socket.destroyed,
        14_000,
      )
      const ended = /timeout/.test(run.stderr)
      return {
        holds: isClosed,
        saw: `publisher over UDP without packets: session ${ended ? 'ended' : 'open'}, connection ${isClosed ? 'closed' : 'open'}`,
      }
    },
  },
  'R-3': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      const viewer = await setUp(to, '/test', { tracks: 1 })
      const { status } = await viewer.ask('PLAY', { Range: 'clock=19000101T000000Z-' })
      return { holds: status === 200, saw: `PLAY from 1900 on: ${status}` }
    },
  },
  'R-4': {
    way: 'function',
    async seen(build) {
      const { parseSrtpOffer } = await build.file('mikey/index.js')
      const results = ['mki', 'mki-of-4-bytes', 'mki-of-live555', 'mki-empty'].map((name) => {
        const text = readFileSync(fileOf(`packages/rtspool/test/corpus/mikey/${name}.hex`), 'utf8')
        const bytes = Buffer.from(text.replace(/#.*/g, '').replace(/\s/g, ''), 'hex')
        try {
          parseSrtpOffer(bytes)
          return 'read'
        } catch (error) {
          return `${error.statusCode}`
        }
      })
      return {
        holds: results.every((result) => result === 'read'),
        saw: `keys with an index: ${results.join(', ')}`,
      }
    },
  },
  'R-5': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      const headers = { 'User-Agent': 'GStreamer rtspsrc2 0.15.2-1a2b3c4' }
      const { answer } = await setUp(to, '/test', { tracks: 1, transportOf: overUdp, headers })
      const source = /source=([^;\r\n]*)/i.exec(answer.head)?.[1]
      return { holds: source === '127.0.0.1', saw: `source of rtspsrc2: ${source ?? 'none'}` }
    },
  },
  'R-6': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      const lines = ['x-sessioncookie: a-trial', 'Accept: application/x-rtsp-tunnelled', '', '']
      const read = (socket) => {
        socket.text = ''
        socket
          .on('error', () => {})
          .on('data', (data) => {
            socket.text += data.toString('latin1')
          })
        return socket
      }
      const get = read(connect(to))
      get.write(['GET /test HTTP/1.1', ...lines].join('\r\n'))
      await waitUntil(() => get.text.includes('\r\n\r\n'))
      const post = read(connect(to))
      post.write(['POST /test HTTP/1.1', 'Content-Length: 32767', ...lines].join('\r\n'))
      await waitUntil(() => post.text !== '', 4_000)
      return {
        holds: post.text.startsWith('HTTP/1.1 200'),
        saw: `a POST that waits gets ${post.text.split('\r\n')[0] || 'nothing in 4 s'}`,
      }
    },
  },
  'R-7': {
    way: 'command',
    async seen(build) {
      const [key, cert] = ['key', 'cert'].map((name) =>
        fileOf(`packages/rtspool/test/support/certificates/first.${name}.pem`),
      )
      const run = await build.command([
        ...['--host', '127.0.0.1', '--tls-port', '18322', '--tls-key', key, '--tls-cert', cert],
      ])
      // The streams run, and have an SSRC.
      const viewer = await view({ host: '127.0.0.1', port: run.port }, '/test')
      await waitUntil(() => [0, 2].every((each) => viewer.frames.some((f) => f.channel === each)))
      const to = { host: '127.0.0.1', port: 18322 }
      const peer = new RtspPeer(connectTls({ ...to, rejectUnauthorized: false }))
      const ssrcs = []
      for (const track of [0, 1]) {
        const { answer } = await setUp(to, '/test', {
          tracks: track + 1,
          peer,
          transportOf: (each) => `RTP/SAVP/TCP;unicast;interleaved=${2 * each}-${2 * each + 1}`,
          headers: { 'User-Agent': 'GStreamer rtspsrc2 0.15.4-1a2b3c4' },
        })
        ssrcs.push(/ssrc=(\w+)/i.exec(answer.head)?.[1])
      }
      const isTold = ssrcs.every((each) => each !== undefined) && ssrcs[0] !== ssrcs[1]
      return {
        holds: isTold,
        saw: `SSRC of two streams of rtspsrc2 with SRTP: ${isTold ? 'each has its own' : 'none'}`,
      }
    },
  },
}
