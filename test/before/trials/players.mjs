/** Trials of P-1 to P-6: the next step of players. */
import {
  h264Sdp,
  idr,
  openUdp,
  overTcp,
  overUdp,
  packetsOf,
  publish,
  pump,
  rtp,
  unit,
  view,
} from '../support/clients.mjs'
import { sleep, waitUntil, within } from '../support/waiting.mjs'

const statusOf = async (asked) => {
  const answer = await within(
    asked.catch(() => undefined),
    3_000,
  )
  return answer === undefined ? 'connection closed' : answer.status
}

export const trials = {
  'P-1': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      // Nobody listens at these ports: the kernel answers each packet with ICMP port unreachable.
      const viewer = await view(to, '/test', { tracks: 1, transportOf: overUdp })
      await sleep(3_500)
      const status = await statusOf(viewer.ask('PAUSE'))
      return { holds: status === 200, saw: `PAUSE after UDP was refused: ${status}` }
    },
  },
  'P-2': {
    way: 'command',
    async seen(build) {
      const run = await build.command(['--max-sessions', '1'])
      const to = { host: '127.0.0.1', port: run.port }
      await openUdp()
      const viewer = await view(to, '/test', { tracks: 1, transportOf: overUdp })
      await viewer.ask('PAUSE')
      const track = `${viewer.url}/trackID=0`
      const { status } = await viewer.peer.request('SETUP', track, { Transport: overTcp(0) })
      return {
        holds: status === 200,
        saw: `SETUP without Session after PAUSE, one place: ${status}`,
      }
    },
  },
  'P-3': {
    way: 'command',
    async seen(build) {
      const run = await build.command(['--session-timeout', '1'])
      const to = { host: '127.0.0.1', port: run.port }
      const publisher = await publish(to, '/silent')
      publisher.send(0, rtp({ number: 1, time: 0, payload: unit(idr) }))
      const alive = setInterval(() => {
        const headers = { Session: publisher.session }
        publisher.peer.request('GET_PARAMETER', publisher.url, headers).catch(() => {})
      }, 500)
      const viewer = await view(to, '/silent')
      await sleep(8_000)
      const status = await statusOf(viewer.ask('PAUSE'))
      clearInterval(alive)
      return {
        holds: status === 200,
        saw: `PAUSE after 8 s of silent media, timeout 1 + 5 s: ${status}`,
      }
    },
  },
  'P-4': {
    way: 'command',
    async seen(build) {
      const run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      const publisher = await publish(to, '/ends')
      publisher.send(0, rtp({ number: 1, time: 0, payload: unit(idr) }))
      const viewer = await view(to, '/ends')
      await publisher.peer.request('TEARDOWN', publisher.url, { Session: publisher.session })
      await sleep(1_000)
      const status = await statusOf(viewer.ask('TEARDOWN'))
      return { holds: status === 200, saw: `TEARDOWN after the media ended: ${status}` }
    },
  },
  'P-5': {
    way: 'command',
    async seen(build) {
      let run = await build.command(['--timeline', 'continuous'])
      const hasOption = run.ended === undefined
      if (!hasOption) run = await build.command()
      const to = { host: '127.0.0.1', port: run.port }
      const publisher = await publish(to, '/jumps', { sdp: h264Sdp })
      const before = pump(publisher, { ssrc: 5 })
      const viewer = await view(to, '/jumps')
      await waitUntil(() => packetsOf(viewer).length >= 20)
      before.stop()
      // Another SSRC, and a minute ahead.
      const after = pump(publisher, { ssrc: 6, first: before.count + 1_500 })
      await waitUntil(() => packetsOf(viewer).length >= 40)
      after.stop()
      const packets = packetsOf(viewer)
      const sources = new Set(packets.map(({ ssrc }) => ssrc)).size
      const steps = packets.slice(1).map(({ time }, n) => ((time - packets[n].time) | 0) / 90_000)
      const largest = Math.max(...steps)
      const option = hasOption ? '--timeline continuous' : 'no option for it'
      return {
        holds: sources === 1 && largest < 5,
        saw: `${option}: ${sources} SSRC, largest step ${largest.toFixed(1)} s`,
      }
    },
  },
  'P-6': {
    way: 'command',
    async seen(build) {
      const run = await build.command(['--session-timeout', '5'])
      const to = { host: '127.0.0.1', port: run.port }
      await publish(to, '/nothing')
      const isTold = () =>
        /(track|publisher)[^\n]*(silent|sends nothing|no packet)/i.test(run.stderr)
      await waitUntil(() => /session-timeout/.test(run.stderr), 500)
      const isWarned = /session-timeout/.test(run.stderr)
      await waitUntil(isTold, 12_000)
      return {
        holds: isWarned && isTold(),
        saw: `warnings: short timeout ${isWarned ? 'yes' : 'no'}, publisher that sends nothing ${isTold() ? 'yes' : 'no'}`,
      }
    },
  },
}
