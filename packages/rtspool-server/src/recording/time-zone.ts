/** Parts of a date and time on the clock of a zone, each as digits. */
export interface ZonedTime {
  readonly year: string
  readonly month: string
  readonly day: string
  readonly hour: string
  readonly minute: string
  readonly second: string
  /** Offset from UTC: `+0200`, or `Z` for UTC itself. */
  readonly zone: string
}

const minuteMs = 60_000

/** A time zone: `UTC`, `local` for that of the machine, or a name such as `Europe/Berlin`. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat
  readonly #isUtc: boolean

  /** @param name - `UTC`, `local`, or a name such as `Europe/Berlin`. @throws {RangeError} No zone has the name. */
  constructor(name: string) {
    this.#isUtc = name === 'UTC'
    this.#format = new Intl.DateTimeFormat('en-US', {
      ...(name === 'local' ? {} : { timeZone: name }),
      ...{ calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    })
  }

  /** Returns date, time of day and offset in the zone at `unixMs`, in milliseconds since 1970. */
  partsAt(unixMs: number): ZonedTime {
    const parts = this.#format.formatToParts(unixMs).map(({ type, value }) => [type, value])
    const zone = this.#isUtc ? 'Z' : offsetText(this.offsetMsAt(unixMs))
    return { ...(Object.fromEntries(parts) as Omit<ZonedTime, 'zone'>), zone }
  }

  /** Returns the milliseconds to add to UTC to get the clock of the zone at `unixMs`, in milliseconds since 1970. */
  offsetMsAt(unixMs: number): number {
    if (this.#isUtc) return 0
    const parts = this.#format.formatToParts(unixMs).map(({ type, value }) => [type, Number(value)])
    const { year, month, day, hour, minute, second } = Object.fromEntries(parts)
    const clockMs = Date.UTC(year, month - 1, day, hour, minute, second)
    return clockMs - Math.floor(unixMs / 1000) * 1000
  }
}

function offsetText(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / minuteMs)
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((value) =>
    String(value).padStart(2, '0'),
  )
  return `${offsetMs < 0 ? '-' : '+'}${hour}${minute}`
}

/**
 * Returns the next round time after a time: a multiple of the length, counted from a midnight of the zone in 1970. A
 * length that divides the day thus counts from each midnight.
 *
 * @param lengthMs - Length of a segment in milliseconds.
 * @returns Milliseconds since 1970.
 */
export function nextBoundary(unixMs: number, lengthMs: number, zone: TimeZone): number {
  const offsetMs = zone.offsetMsAt(unixMs)
  return (Math.floor((unixMs + offsetMs) / lengthMs) + 1) * lengthMs - offsetMs
}
