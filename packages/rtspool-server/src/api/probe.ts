import type { AccessUnit, RtspServer } from 'rtspool'
import { z } from 'zod'
import { components } from './components.js'
import { Problem } from './problem.js'
import { count } from './values.js'

/**
 * Maximum number of access units (pictures or frames of sound) in one response, enough for a unit each millisecond in
 * ten seconds.
 */
const maxUnits = 10_000
/**
 * Maximum number of probes (operations that read a path for some seconds) at a time. Each reads all
 * tracks of a media.
 */
const maxProbes = 4

/**
 * Schema of the result of a probe, which reads a media for some seconds: facts about its tracks.
 */
export const probeSchema = z
  .object({
    units: z.array(
      z.object({
        track: count,
        arrivedMs: z.number().describe('Milliseconds since the beginning of the probe'),
        rtpTime: count.describe('RTP timestamp, modulo 2^32'),
        sizeBytes: count,
        isKeyFrame: z.boolean(),
        lostPackets: count.describe('Packets before the unit that never arrived'),
      }),
    ),
    seconds: z.number().describe('Time that was read'),
    keyFrameIntervalSeconds: z
      .number()
      .optional()
      .describe('Mean time between key frames of the first track with two of them'),
  })
  .register(components, { id: 'Probe' })

type Probe = z.output<typeof probeSchema>
type ProbeUnit = Probe['units'][number]

let running = 0

/**
 * Reads a path for some seconds, and returns facts about the access units (pictures, frames of sound) that arrived.
 *
 * @param track - Index of the track whose units are returned; `undefined` = all tracks.
 * @throws {Problem} `too-many` when four probes run already.
 */
export async function probe(
  rtsp: RtspServer,
  path: string,
  { seconds, track }: { readonly seconds: number; readonly track: number | undefined },
): Promise<Probe> {
  if (running >= maxProbes) {
    throw new Problem('too-many', `at most ${maxProbes} probes run at a time; try again later`)
  }
  running++
  const begun = performance.now()
  const units: ProbeUnit[] = []
  try {
    const signal = AbortSignal.timeout(Math.ceil(seconds * 1000))
    await readUnits(rtsp, path, signal, (unit) => {
      const arrivedMs = performance.now() - begun
      if (track === undefined || unit.track.index === track) units.push(unitOf(unit, arrivedMs))
      return units.length < maxUnits
    })
  } finally {
    running--
  }
  const keyFrameIntervalSeconds = keyFrameInterval(units)
  return { units, seconds: (performance.now() - begun) / 1000, keyFrameIntervalSeconds }
}

/**
 * Reads the access units (pictures, frames of sound) of all tracks of a path, from now on. Ends when the signal aborts,
 * the media ends, or `onUnit` returns `false`.
 *
 * @throws The error of the media, unless the signal has aborted.
 */
async function readUnits(
  rtsp: RtspServer,
  path: string,
  signal: AbortSignal,
  onUnit: (unit: AccessUnit) => boolean,
): Promise<void> {
  try {
    for await (const unit of rtsp.read(path, { signal, from: 'now' })) {
      if (!onUnit(unit)) return
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

const unitOf = (unit: AccessUnit, arrivedMs: number): ProbeUnit => ({
  track: unit.track.index,
  arrivedMs: Math.round(arrivedMs * 10) / 10,
  rtpTime: unit.timestamp,
  sizeBytes: unit.parts.reduce((sum, { length }) => sum + length, 0),
  isKeyFrame: unit.isKeyFrame,
  lostPackets: unit.lostPackets,
})

function keyFrameInterval(units: readonly ProbeUnit[]): number | undefined {
  // Every unit of audio is a key frame. Only a track that has other units too shows an interval.
  const coded = units.find(({ isKeyFrame }) => !isKeyFrame)?.track
  const times = units
    .filter(({ track, isKeyFrame }) => track === coded && isKeyFrame)
    .map(({ arrivedMs }) => arrivedMs)
  const [first] = times
  const last = times.at(-1)
  if (first === undefined || last === undefined || times.length < 2) return undefined
  return Math.round((last - first) / (times.length - 1)) / 1000
}
