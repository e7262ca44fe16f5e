import { RequestError } from 'rtspool'

/** Part of a recording that a URL selects. */
export interface ReplayWindow {
  /** Beginning and end of the part in milliseconds since 1970; `undefined` = no limit. */
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  /** Name of the recording in the configuration; `undefined` = the first recording that has files of the path. */
  readonly recording: string | undefined
}

const timeText = 'a time such as 20261129T100000Z or 2026-11-29T10:00:00Z'

/**
 * Parses the query of a URL for replay: `starttime`, `endtime` and `recording`. Other parameters are ignored.
 *
 * @throws {RequestError} `ERR_NOT_FOUND` for a time that cannot be read, with the expected form.
 */
export function parseWindow(query: string | undefined): ReplayWindow {
  const parameters = new URLSearchParams(query ?? '')
  return {
    startMs: timeIn(parameters, 'starttime'),
    endMs: timeIn(parameters, 'endtime'),
    recording: parameters.get('recording') ?? undefined,
  }
}

const compact = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(\.\d{1,9})?Z$/i

function timeIn(parameters: URLSearchParams, name: string): number | undefined {
  const value = parameters.get(name)
  if (value === null) return undefined
  const [, year, month, day, hours, minutes, seconds, fraction = ''] = compact.exec(value) ?? []
  const time = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}${fraction}Z`)
  if (Number.isFinite(time)) return time
  throw new RequestError('ERR_NOT_FOUND', `${name}: expected ${timeText}`)
}
