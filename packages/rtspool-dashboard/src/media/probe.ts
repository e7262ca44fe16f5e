import type { ChartData } from '../charts/index.js'
import { bitrateText, bytesText } from '../words/quantities.js'
import type { TrackView } from './media-view.js'

/** A picture, or a piece of sound, that a probe has seen. */
export interface ProbeUnit {
  readonly track: number
  readonly arrivedMs: number
  readonly rtpTime: number
  readonly sizeBytes: number
  readonly isKeyFrame: boolean
  readonly lostPackets: number
}

export interface ProbeView {
  readonly units: readonly ProbeUnit[]
  readonly seconds: number
  readonly keyFrameIntervalSeconds?: number
}

/** A time without units that is longer than the others. */
interface Gap {
  readonly fromMs: number
  readonly toMs: number
  /** True if the timestamps of the source have the gap as well. */
  readonly isOfSource: boolean
}

/** A distance is a gap if it is so many times the usual one, and at least so long. */
const gapFactor = 3
const gapLeastMs = 150
/** Share of a gap that the timestamps must have as well. */
const sourceShare = 0.5
const toldGaps = 5
const wrap = 2 ** 32

/** Sizes over time, key frames apart from the others. Sound has no key frames. */
export function probeChart(units: readonly ProbeUnit[], isVideo: boolean): ChartData {
  const sizes = (wanted: boolean) =>
    units.map(({ isKeyFrame, sizeBytes }) =>
      (isVideo && isKeyFrame) === wanted ? sizeBytes : null,
    )
  return {
    places: units.map(({ arrivedMs }) => arrivedMs / 1000),
    values: isVideo ? [sizes(false), sizes(true)] : [sizes(false)],
  }
}

/** Returns the times between key frames, by their timestamps. */
export function keyFrameDistances(units: readonly ProbeUnit[], clockRate: number): number[] {
  const times = units.filter(({ isKeyFrame }) => isKeyFrame).map(({ rtpTime }) => rtpTime)
  return times.slice(1).map((time, index) => ticksBetween(times[index] ?? 0, time) / clockRate)
}

/** Explains a probe of one track in sentences. */
export function probeWords(
  units: readonly ProbeUnit[],
  { kind, clockRate }: Pick<TrackView, 'kind' | 'clockRate'>,
  seconds: number,
): string[] {
  const unit = kind === 'video' ? 'picture' : 'piece'
  if (units.length === 0) return [`No ${unit} arrived within ${seconds.toFixed(1)} s.`]
  const words = [sizeWords(units, unit, seconds)]
  if (kind === 'video') words.push(keyFrameWords(units, clockRate, seconds))
  words.push(...gapWords(gapsOf(units, clockRate), unit), ...lossWords(units))
  return words
}

function sizeWords(units: readonly ProbeUnit[], unit: string, seconds: number): string {
  const bytes = units.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const largest = Math.max(...units.map(({ sizeBytes }) => sizeBytes))
  const rate = (units.length / seconds).toFixed(1)
  const bitrate = bitrateText((bytes * 8) / seconds)
  return `${units.length} ${unit}s in ${seconds.toFixed(1)} s: ${rate} a second, ${bitrate}, the largest ${bytesText(largest)}.`
}

function keyFrameWords(units: readonly ProbeUnit[], clockRate: number, seconds: number): string {
  const distances = keyFrameDistances(units, clockRate)
  const [first] = distances
  const count = units.filter(({ isKeyFrame }) => isKeyFrame).length
  if (count === 0) {
    return `No key frame in ${seconds.toFixed(1)} s: a viewer without a kept one waits longer than that.`
  }
  if (first === undefined) return 'One key frame: probe longer to see the interval.'
  const [least, most] = [Math.min(...distances), Math.max(...distances)]
  if (most - least < 0.1) return `A key frame each ${mean(distances).toFixed(2)} s.`
  return `A key frame each ${least.toFixed(2)} to ${most.toFixed(2)} s.`
}

function gapWords(gaps: readonly Gap[], unit: string): string[] {
  if (gaps.length === 0) return [`No gap: the ${unit}s arrived evenly.`]
  const words = gaps.slice(0, toldGaps).map(({ fromMs, toMs, isOfSource }) => {
    const length = ((toMs - fromMs) / 1000).toFixed(2)
    const from = (fromMs / 1000).toFixed(2)
    const cause = isOfSource
      ? 'the timestamps have the gap as well, so the source left it'
      : 'the timestamps have no gap, so something delayed them on the way'
    return `No ${unit} for ${length} s, from ${from} s on: ${cause}.`
  })
  const others = gaps.length - words.length
  return others > 0 ? [...words, `${others} more gaps.`] : words
}

function lossWords(units: readonly ProbeUnit[]): string[] {
  const lost = units.reduce((sum, { lostPackets }) => sum + lostPackets, 0)
  if (lost === 0) return []
  return [`${lost} ${lost === 1 ? 'packet was' : 'packets were'} lost on the way to the server.`]
}

function gapsOf(units: readonly ProbeUnit[], clockRate: number): Gap[] {
  const distances = units
    .slice(1)
    .map(({ arrivedMs }, at) => arrivedMs - (units[at]?.arrivedMs ?? 0))
  const limit = Math.max(gapLeastMs, gapFactor * median(distances))
  return distances.flatMap((distance, at) => {
    const [before, after] = [units[at], units[at + 1]]
    if (distance < limit || !before || !after) return []
    const sourceMs = (ticksBetween(before.rtpTime, after.rtpTime) / clockRate) * 1000
    const isOfSource = sourceMs > distance * sourceShare
    return [{ fromMs: before.arrivedMs, toMs: after.arrivedMs, isOfSource }]
  })
}

/** Timestamps wrap around at 2^32; those of pictures that were reordered go back a little. */
function ticksBetween(before: number, after: number): number {
  const ticks = (after - before + wrap) % wrap
  return ticks > wrap / 2 ? ticks - wrap : ticks
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
