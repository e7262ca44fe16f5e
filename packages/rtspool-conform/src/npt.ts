import type { Answer } from './answer.js'

/**
 * Parses a normal play time in seconds: `12.5` or `h:mm:ss.f`; `undefined` for `now` and for other
 * text.
 */
export function parseNpt(text: string): number | undefined {
  const [, hours, minutes, seconds] =
    /^(?:(\d+):(\d{1,2}):)?(\d+(?:\.\d*)?)$/.exec(text.trim()) ?? []
  if (seconds === undefined) return undefined
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds)
}

/**
 * Returns the start of the Range header in a response, in seconds of normal play time. The result is `undefined`
 * without the header, and for `now`.
 */
export function nptOf(answer: Answer): number | undefined {
  const start = /^npt\s*=\s*([^-]*)-/.exec(answer.header('Range') ?? '')?.[1]
  return start === undefined ? undefined : parseNpt(start)
}
