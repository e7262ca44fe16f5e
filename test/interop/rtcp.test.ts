import { type RtspServer, type Session, streamStatsOf } from 'rtspool'
import { afterEach, expect, test } from 'vitest'
import { endPrograms, Program, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { publishWithFfmpeg } from './support/publishers.js'
import { published, type RunningLibrary, startServer } from './support/server.js'

let running: RunningLibrary | undefined

afterEach(async () => {
  await endPrograms()
  await running?.close()
})

const players = {
  ffmpeg: {
    programs: ['ffmpeg'],
    start: (url: string, transport: string) =>
      new Program('ffmpeg', [
        ...['-v', 'error', '-rtsp_transport', transport, '-i', url],
        ...['-c', 'copy', '-f', 'null', '-'],
      ]),
  },
  GStreamer: {
    programs: gstreamerPlayer,
    start: (url: string, transport: string) =>
      new Program('gst-launch-1.0', [
        ...['-q', 'rtspsrc', `location=${url}`, `protocols=${transport}`, 'name=s'],
        ...['s.', '!', 'fakesink', 's.', '!', 'fakesink'],
      ]),
  },
}

/** The sessions that play, or record. */
const sessionsThat = (server: RtspServer, state: Session['state']): Session[] =>
  [...server.pool.values()].filter((session) => session.state === state)

/** Reports that have come about the session's tracks. */
const receptionsOf = (session: Session | undefined) =>
  session ? streamStatsOf(session).flatMap(({ reception }) => reception ?? []) : []

// FFmpeg over TCP sends no RTCP at all.
test.for([
  ['ffmpeg', 'udp'],
  ['GStreamer', 'tcp'],
  ['GStreamer', 'udp'],
] as const)(
  '%s over %s tells what it receives, and is missed when it is killed',
  { tags: ['A-RTC-5', 'A-RTC-10'] },
  async ([name, transport], context) => {
    const { programs, start } = players[name]
    requirePrograms(context, 'ffmpeg', ...programs)
    running = await startServer()
    const { server, url } = running
    publishWithFfmpeg({ url: `${url}/live/cam`, transport: 'udp' })
    await published(server, '/live/cam')
    const player = start(`${url}/live/cam`, transport)
    const playing = () => sessionsThat(server, 'Playing')[0]
    expect(
      await until(
        () => receptionsOf(playing()).some(({ roundTripMs }) => roundTripMs !== undefined),
        30_000,
      ),
    ).toBe(true)
    const session = playing() as Session
    for (const reception of receptionsOf(session)) {
      expect(Math.abs(reception.cumulativeLost)).toBeLessThan(10)
      expect(reception.jitterMs).toBeLessThan(500)
      expect(reception.roundTripMs ?? 0).toBeLessThan(1_000)
    }
    // The publisher is told as well.
    const [recording] = sessionsThat(server, 'Recording')
    expect(await until(() => receptionsOf(recording).length > 0)).toBe(true)
    expect(streamStatsOf(session).map(({ malformedRtcp }) => malformedRtcp)).toEqual([0, 0])

    player.kill('SIGKILL')
    const killedAt = performance.now()
    const isOverUdp = transport === 'udp'
    if (isOverUdp && server.stats().sendPaths.udp === 'dgram') return
    expect(await until(() => session.removalReason !== undefined, 5_000)).toBe(true)
    expect(session.removalReason).toBe(isOverUdp ? 'unreachable' : 'connectionClosed')
    // 2 s, and as much again for a machine that has other things to do.
    expect(performance.now() - killedAt).toBeLessThan(4_000)
  },
)
