const pattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/**
 * Parses a duration such as `PT1M30S` (XML Schema part 2 section 3.2.6), without years and months.
 *
 * @returns Milliseconds; `undefined` if the text is no such duration.
 */
export function parseDuration(text: string): number | undefined {
  const [, days, hours, minutes, seconds] = pattern.exec(text) ?? []
  const parts = [days, hours, minutes, seconds]
  if (parts.every((part) => part === undefined)) return undefined
  const [d = 0, h = 0, m = 0, s = 0] = parts.map((part) => Number(part ?? 0))
  return (((d * 24 + h) * 60 + m) * 60 + s) * 1000
}

/** Formats a time as `xsd:dateTime`. @param unixTimeMs - Milliseconds since 1970. */
export const dateTime = (unixTimeMs: number): string => new Date(unixTimeMs).toISOString()
