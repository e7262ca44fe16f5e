import type { RtspServer, Session } from 'rtspool'
import { expect } from 'vitest'
import { readFlashes } from './flashes.js'
import type { MediaFiles } from './media-files.js'
import { Program, until } from './process.js'

const recorders = {
  ffmpeg: (url: string, file: string) =>
    new Program('ffmpeg', [
      ...['-hide_banner', '-nostdin', '-loglevel', 'repeat+level+warning'],
      ...['-rtsp_transport', 'tcp', '-i', url, '-map', '0', '-c', 'copy', file],
    ]),
  GStreamer: (url: string, file: string) =>
    new Program('gst-launch-1.0', [
      ...['-e', 'rtspsrc', `location=${url}`, 'protocols=tcp', 'buffer-mode=none', 'name=source'],
      ...['matroskamux', 'name=file', '!', 'filesink', `location=${file}`],
      ...['source.', '!', 'rtph264depay', '!', 'h264parse', '!', 'file.'],
      ...['source.', '!', 'rtpmp4gdepay', '!', 'aacparse', '!', 'file.'],
    ]),
}

/** Returns the sessions that play. */
export const viewersOf = ({ pool }: RtspServer): Session[] =>
  [...pool.values()].filter(({ state }) => state === 'Playing')

/** Packets of two seconds: each has 25 pictures, and 47 frames of sound, of which ffmpeg sends up to five in one packet. */
const packetsOfTwoSeconds = 2 * (25 + 10)

/**
 * Waits until all viewers have been sent two seconds more.
 *
 * @param packets - Number of packets of two seconds.
 */
export async function watched(server: RtspServer, packets = packetsOfTwoSeconds): Promise<void> {
  const before = new Map(viewersOf(server).map((session) => [session, session.stats.packetsOut]))
  const haveSeen = () =>
    [...before].every(([session, count]) => session.stats.packetsOut >= count + packets)
  expect(await until(haveSeen)).toBe(true)
}

/** Starts ffmpeg and GStreamer, each of which records a stream of flashes to a file. */
export const startRecordings = (url: string, files: MediaFiles) =>
  Object.entries(recorders).map(([name, start]) => {
    const path = files.pathOf(`${name}.mkv`)
    return { name, path, program: start(url, path) }
  })

/**
 * Seconds from the beginning in which sound may move: before the first sender report of the publisher its times are those
 * of arrival, and FFmpeg's report puts sound 21 ms, a frame of AAC, before them.
 */
const settledSeconds = 1
const soundRate = 48_000

/** Matches a complaint about times of sound that go back at the beginning. */
function isAtBeginning(error: string): boolean {
  const [, before] = /non monotonically increasing dts .*: (\d+) >= \d+/.exec(error) ?? []
  return Number(before) < settledSeconds * soundRate
}

/** Ends the recordings, and expects all of them to show whole pictures with their sound, in spite of three outages. */
export async function expectSteady(recordings: ReturnType<typeof startRecordings>): Promise<void> {
  for (const { name, path, program } of recordings) {
    expect(program.isRunning, name).toBe(true)
    await program.stop('SIGINT')
    const { pictures, tones, times, errors } = await readFlashes(path)
    expect([name, errors.filter((error) => !isAtBeginning(error))]).toEqual([name, []])
    for (const track of times.map((all) => all.filter((at) => at > settledSeconds))) {
      expect(track.every((at, index) => index === 0 || at > (track[index - 1] ?? at))).toBe(true)
    }
    // Each of the four runs has at least two flashes, and the viewers may have missed the first.
    expect(pictures.length, name).toBeGreaterThanOrEqual(7)
    // A tone is early by 20 ms from the beginning on: AAC begins with a frame of silence.
    // A publisher that ends has not sent the sound of its last pictures, and sound may begin beside the first flash.
    const [, sound = []] = times
    const hasSoundAt = (from: number) =>
      sound.some((packet) => packet > from && packet < from + 0.1)
    // A viewer who has no reports yet places the first pictures by their arrival.
    const settled = pictures.filter((at) => at > settledSeconds)
    const heard = settled.filter((at) => hasSoundAt(at - 0.4) && hasSoundAt(at))
    expect(heard.length, name).toBeGreaterThanOrEqual(4)
    for (const picture of heard) {
      const apart = tones.map((tone) => Math.abs(tone - picture))
      expect(Math.min(...apart), `${name}, flash at ${picture}`).toBeLessThan(0.04)
    }
  }
}
