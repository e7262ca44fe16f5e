const bytes = ['B', 'kB', 'MB', 'GB', 'TB'] as const
const bitrates = ['b/s', 'kb/s', 'Mb/s', 'Gb/s'] as const

/** Formats a number of bytes with at most three digits: `4.2 MB`. */
export const bytesText = (value: number): string => scaledText(value, bytes)

/** Formats a number of bits per second with at most three digits: `4.2 Mb/s`. */
export const bitrateText = (value: number): string => scaledText(value, bitrates)

function scaledText(quantity: number, units: readonly string[]): string {
  let value = quantity
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits)} ${units[unit]}`
}

/** Formats a duration in milliseconds with its two largest units: `2 h 05 min`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)]
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`
  if (hours > 0) return `${hours} h ${padded(minutes % 60)} min`
  return minutes > 0 ? `${minutes} min ${padded(seconds % 60)} s` : `${seconds} s`
}

const padded = (value: number): string => String(value).padStart(2, '0')

/** Formats a share from 0 to 1 as a percentage: `0.3 %`. Only 0 itself gives `0 %`. */
export function shareText(share: number): string {
  const percent = 100 * share
  if (percent === 0) return '0 %'
  return percent < 0.1 ? '< 0.1 %' : `${percent.toFixed(percent < 10 ? 1 : 0)} %`
}

const counts = new Intl.NumberFormat('en')

/** Formats a count with commas between groups of three digits: `10,000`. */
export const countText = (count: number): string => counts.format(count)

const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })

/**
 * Formats a time (ISO 8601, or milliseconds since 1970) as date and time of day, as usual in the browser's language.
 */
export const timeText = (time: string | number): string => times.format(new Date(time))
