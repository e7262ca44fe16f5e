/** Trials of M-B to M-J on published streams: key frames, reports, lines of a description, order of the byte stream. */
import {
  h264Lines,
  h264Sdp,
  idr,
  join,
  packetsOf,
  pcmuLines,
  pps,
  publish,
  reportsOf,
  rtp,
  sdpOf,
  sessionLines,
  setUp,
  slice,
  sps,
  unit,
  urlOf,
  view,
} from '../support/clients.mjs'
import { sleep, waitUntil } from '../support/waiting.mjs'

/** Starts the command. @returns Its address for clients. */
const serve = async (build) => ({ host: '127.0.0.1', port: (await build.command()).port })

const typesOf = (packets) => packets.map(({ payload }) => payload[0] & 0x1f)

/** Publishes pictures of NAL units, then joins as a viewer. @returns NAL unit types that the viewer begins with. */
async function beginning(to, path, pictures) {
  const publisher = await publish(to, path)
  let number = 0
  for (const units of pictures) {
    for (const [index, { first, time }] of units.entries()) {
      const marker = index === units.length - 1
      publisher.send(0, rtp({ number: number++, time, marker, payload: unit(first) }))
    }
  }
  await publisher.peer.request('OPTIONS', publisher.url)
  const viewer = await view(to, path)
  await waitUntil(() => packetsOf(viewer).length >= 3, 1_000)
  return typesOf(packetsOf(viewer)).slice(0, 3)
}

/** Publishes pictures and sound for some seconds, with reports if there are some, while a viewer watches. */
async function reported(to, path, { seconds, timeAt, report }) {
  const sdp = sdpOf(sessionLines, h264Lines(), pcmuLines(1))
  const publisher = await publish(to, path, { sdp, tracks: 2 })
  const began = performance.now()
  let number = 0
  const timer = setInterval(() => {
    const at = timeAt((performance.now() - began) / 1000)
    const payload = unit(number % 25 === 0 ? idr : slice)
    publisher.send(0, rtp({ number, time: at * 90_000, ssrc: 1, payload }))
    const sound = Buffer.alloc(320, 0xff)
    publisher.send(
      1,
      rtp({ type: 0, number, time: at * 8_000, ssrc: 2, payload: sound, marker: false }),
    )
    if (report && number % 50 === 25) {
      publisher.peer.sendFrame(1, report(1, at * 90_000))
      publisher.peer.sendFrame(3, report(2, at * 8_000))
    }
    number++
  }, 40)
  await sleep(300)
  const viewer = await view(to, path)
  await sleep(seconds * 1000)
  clearInterval(timer)
  return viewer
}

/** A sender report with a CNAME and NTP time 0. */
function reportWithoutTime(ssrc, time) {
  const report = Buffer.alloc(28 + 12)
  report.set([0x80, 200, 0, 6])
  report.writeUInt32BE(ssrc, 4)
  report.writeUInt32BE(time >>> 0, 16)
  report.set([0x81, 202, 0, 2], 28)
  report.writeUInt32BE(ssrc, 32)
  report.set([1, 1, 0x78, 0], 36)
  return report
}

/** Most seconds between the time of a report and that of the packets around it. */
function apart(viewer, track, rate) {
  const packets = packetsOf(viewer, track)
  return Math.max(
    ...reportsOf(viewer, track).map(({ at, time }) => {
      const near = packets.reduce((best, each) =>
        Math.abs(each.at - at) < Math.abs(best.at - at) ? each : best,
      )
      return Math.abs(((time - near.time) | 0) / rate - (at - near.at) / 1000)
    }),
  )
}

export const trials = {
  'M-B': {
    way: 'command',
    async seen(build) {
      const to = await serve(build)
      const publisher = await publish(to, '/refresh')
      let picture = 0
      let number = 0
      const put = (payload, marker) =>
        publisher.send(0, rtp({ number: number++, time: picture * 3600, payload, marker }))
      const timer = setInterval(() => {
        // A recovery point once a second, and no other key frame than the first.
        if (picture > 0 && picture % 25 === 0) put(Buffer.from([6, 6, 1, 0xc4, 0x80]), false)
        for (let part = 0; part < 100; part++) {
          put(unit(picture === 0 ? idr : slice, 1_200), part === 99)
        }
        picture++
      }, 40)
      const viewer = await view(to, '/refresh')
      await sleep(500)
      viewer.peer.socket.pause()
      await sleep(7_000)
      viewer.peer.socket.resume()
      await sleep(2_000)
      const before = viewer.frames.length
      await sleep(5_000)
      clearInterval(timer)
      const packets = viewer.frames.length - before
      return {
        holds: packets > 1_000,
        saw: `${packets} packets in the seconds 3 to 7 of reading again`,
      }
    },
  },
  'M-C': {
    way: 'command',
    async seen(build) {
      const at = (n) => n * 3600
      const pictures = [
        [sps, pps, idr].map((first) => ({ first, time: at(0) })),
        ...[1, 2, 3].map((n) => [{ first: slice, time: at(n) }]),
        // The parameter sets have the time of the picture before.
        [
          { first: sps, time: at(3) },
          { first: pps, time: at(3) },
          { first: idr, time: at(4) },
        ],
        [{ first: slice, time: at(5) }],
      ]
      const types = await beginning(await serve(build), '/sets', pictures)
      return {
        holds: `${types}` === '7,8,5',
        saw: `a viewer begins with NAL units ${types.join(', ')}`,
      }
    },
  },
  'M-D': {
    way: 'command',
    async seen(build) {
      const pictures = Array.from({ length: 6 }, (_, n) =>
        [sps, pps, n === 0 ? idr : slice].map((first) => ({ first, time: n * 3600 })),
      )
      const types = await beginning(await serve(build), '/every', pictures)
      return {
        holds: `${types}` === '7,8,5',
        saw: `a viewer begins with NAL units ${types.join(', ')}`,
      }
    },
  },
  'M-E': {
    way: 'command',
    async seen(build) {
      const timeAt = (seconds) => seconds + (seconds > 2 ? 30 : 0)
      const viewer = await reported(await serve(build), '/ahead', { seconds: 12, timeAt })
      viewer.frames.splice(
        0,
        viewer.frames.findIndex(({ at }) => at - viewer.frames[0].at > 4_000),
      )
      const seconds = apart(viewer, 0, 90_000)
      return {
        holds: seconds < 1,
        saw: `${reportsOf(viewer).length} reports, ${seconds.toFixed(1)} s from the packets after a jump of 30 s`,
      }
    },
  },
  'M-F': {
    way: 'command',
    async seen(build) {
      const timeAt = (seconds) => seconds
      const report = reportWithoutTime
      const viewer = await reported(await serve(build), '/no-time', { seconds: 9, timeAt, report })
      const now = Date.now() / 1000 + 2_208_988_800
      const off = [0, 1].flatMap((track) => reportsOf(viewer, track).map(({ ntp }) => now - ntp))
      const worst = Math.max(...off.map(Math.abs))
      return {
        holds: worst < 60,
        saw: `${off.length} reports, ${worst < 60 ? 'all of now' : `up to ${Math.round(worst / 31_557_600)} years off`}`,
      }
    },
  },
  'M-H': {
    way: 'command',
    async seen(build) {
      const to = await serve(build)
      const sdp = sdpOf(sessionLines, 'a=range:npt=0-6.0', h264Lines())
      const publisher = await publish(to, '/range', { sdp })
      publisher.send(0, rtp({ number: 1, time: 0, payload: unit(idr) }))
      const { described } = await setUp(to, '/range')
      const line = /^a=range:.*$/m.exec(described.body)?.[0].trim()
      return {
        holds: !/0-6/.test(line ?? ''),
        saw: `description of a live stream: ${line ?? 'no range'}`,
      }
    },
  },
  'M-I': {
    way: 'command',
    async seen(build) {
      const to = await serve(build)
      const { peer, url, session } = await publish(to, '/order', { record: false })
      const packets = Array.from({ length: 5 }, (_, n) =>
        rtp({ number: 100 + n, time: n * 3600, payload: unit(n === 0 ? idr : slice) }),
      )
      const frames = packets.map((packet) => {
        const header = Buffer.from([0x24, 0, packet.length >>> 8, packet.length & 0xff])
        return Buffer.concat([header, packet])
      })
      const request = `RECORD ${url} RTSP/1.0\r\nCSeq: 9\r\nSession: ${session}\r\n\r\n`
      peer.socket.write(Buffer.concat([Buffer.from(request), ...frames]))
      await sleep(300)
      const viewer = await view(to, '/order')
      await waitUntil(() => packetsOf(viewer).length >= 5, 1_000)
      const count = packetsOf(viewer).length
      return { holds: count === 5, saw: `${count} of 5 packets behind RECORD reach a viewer` }
    },
  },
  'M-J': {
    way: 'command',
    async seen(build) {
      const to = await serve(build)
      const odd = {
        'negative port': h264Sdp.replace('video 0', 'video -1353744643'),
        'port above 65535': h264Sdp.replace('video 0', 'video 99999'),
        'NUL at the end': `${h264Sdp}\0`,
        'line of a space': h264Sdp.replace('m=video', ' \r\nm=video'),
        'byte order mark': `\ufeff${h264Sdp}`,
        'thread=0 0': h264Sdp.replace('t=0', 'thread=0'),
      }
      const results = []
      for (const [name, sdp] of Object.entries(odd)) {
        const url = urlOf(to, `/odd/${results.length}`)
        const headers = { 'Content-Type': 'application/sdp' }
        const { status } = await (await join(to)).request('ANNOUNCE', url, headers, sdp)
        results.push({ name, status })
      }
      const taken = results.filter(({ status }) => status === 200)
      return {
        holds: taken.length === results.length,
        saw: `${taken.length} of ${results.length} odd descriptions accepted`,
      }
    },
  },
}
