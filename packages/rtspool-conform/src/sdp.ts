import type { Answer } from './answer.js'
import { check } from './mismatch.js'

/** A track in a session description: an `m=` line and the lines below it. */
export interface DescribedTrack {
  /** Media type: `video`, `audio`, … */
  readonly kind: string
  readonly port: number
  /** Transport profile: `RTP/AVP`, … */
  readonly profile: string
  readonly payloadTypes: readonly number[]
  /** Value of `a=control` of the track, as the description has it; `undefined` without one. */
  readonly control: string | undefined
  /** Absolute URI of the track for SETUP, made from `a=control`, or the requested URI without one. */
  readonly uri: string
  /**
   * Clock rate in Hz of the first payload type; `undefined` if the description does not state it.
   */
  readonly clockRate: number | undefined
  readonly lines: readonly string[]
}

/** Session description (SDP) in the response to a DESCRIBE, parsed. */
export interface Description {
  readonly answer: Answer
  /** Lines of the session description above the first `m=` line, which apply to all tracks. */
  readonly sessionLines: readonly string[]
  readonly tracks: readonly DescribedTrack[]
  /** URI for requests about all tracks of the presentation: PLAY, PAUSE and TEARDOWN. */
  readonly aggregateUri: string
}

/** Clock rates in Hz, by payload type, of the RTP payload types that need no `a=rtpmap` (RFC 3551 section 6). */
const staticClockRates = new Map([
  ...[0, 3, 4, 5, 7, 8, 9, 12, 13, 15, 18].map((type) => [type, 8000] as const),
  ...[26, 28, 31, 32, 33, 34].map((type) => [type, 90_000] as const),
  ...([
    [10, 44_100],
    [11, 44_100],
    [14, 90_000],
  ] as const),
])

/**
 * Parses the session description in a response.
 *
 * @param requestUri - Base of `a=control` if the response has neither Content-Base nor
 *   Content-Location.
 * @throws {Mismatch} If the body is not a description with at least one track.
 */
export function readDescription(answer: Answer, requestUri: string): Description {
  const lines = answer.body.toString('utf8').split(/\r?\n/).filter(Boolean)
  const odd = lines.find((line) => !/^[a-z]=/.test(line))
  check(odd === undefined, 'lines of the form "x=..." in the description', JSON.stringify(odd))
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []))
  const [first] = starts
  check(first !== undefined, 'a description with an m= line', `${lines.length} lines without one`)
  const base = answer.header('Content-Base') ?? answer.header('Content-Location') ?? requestUri
  const sessionLines = lines.slice(0, first)
  const sessionControl = attribute(sessionLines, 'control')
  const tracks = starts.map((start, index) =>
    readTrack(lines.slice(start, starts[index + 1]), base, requestUri),
  )
  const isRelative = sessionControl === undefined || !/^rtsps?:/.test(sessionControl)
  return {
    answer,
    sessionLines,
    tracks,
    aggregateUri: isRelative ? requestUri : sessionControl,
  }
}

/** Returns the value of the first line `a=name:value`; `undefined` without such a line. */
export function attribute(lines: readonly string[], name: string): string | undefined {
  const prefix = `a=${name}:`
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length)
}

function readTrack(lines: readonly string[], base: string, requestUri: string): DescribedTrack {
  const [kind = '', port = '', profile = '', ...types] = (lines[0] ?? '').slice(2).split(/\s+/)
  const payloadTypes = types.map(Number)
  const control = attribute(lines, 'control')
  const rtpmap = lines.find((line) => line.startsWith(`a=rtpmap:${types[0]} `))
  const clockRate = /\/(\d+)/.exec(rtpmap ?? '')?.[1]
  return {
    ...{ kind, profile, payloadTypes, control, lines },
    port: Number(port.split('/', 1)[0]),
    uri: control === undefined ? requestUri : resolveControl(base, control),
    clockRate: clockRate ? Number(clockRate) : staticClockRates.get(payloadTypes[0] ?? -1),
  }
}

/**
 * Resolves the value of `a=control` to a URI as players do (RFC 2326 appendix C.1.1). An absolute
 * URI stays, `*` means the base, and a value with a leading slash replaces the path of the base.
 * Any other value is appended to the base with one slash between.
 */
export function resolveControl(base: string, control: string): string {
  if (/^rtsps?:/.test(control)) return control
  if (control === '*') return base
  if (control.startsWith('/')) return `${/^rtsps?:\/\/[^/]*/.exec(base)?.[0] ?? ''}${control}`
  return base.endsWith('/') ? `${base}${control}` : `${base}/${control}`
}
