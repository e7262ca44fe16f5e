/** A 64-bit NTP timestamp (RFC 5905 section 6): seconds since 1900 and a fraction, 32 bits each. */
export interface NtpTimestamp {
  readonly seconds: number
  /** In 1/2^32 s. */
  readonly fraction: number
}

/** From 1900 to 1970: 70 years of 365 days and 17 leap days. */
const unixEpochNtpSeconds = (70 * 365 + 17) * 24 * 60 * 60
/** Seconds in an NTP era; the first one ends in February 2036. */
const eraSeconds = 2 ** 32
const fractionsPerSecond = 2 ** 32

/**
 * @param unixMs - Wall-clock milliseconds since 1970, with fractions.
 */
export function ntpFromUnixMs(unixMs: number): NtpTimestamp {
  const unixSeconds = Math.floor(unixMs / 1000)
  const fractionMs = unixMs - unixSeconds * 1000
  return {
    seconds: (unixSeconds + unixEpochNtpSeconds) % eraSeconds,
    fraction: Math.floor((fractionMs / 1000) * fractionsPerSecond),
  }
}

/** Milliseconds since 1970, with fractions. Timestamps of 1968 to 2104 are understood. */
export function unixMsFromNtp({ seconds, fraction }: NtpTimestamp): number {
  // RFC 4330 section 3: with the top bit clear it is the era that begins in 2036.
  const era = seconds < eraSeconds / 2 ? eraSeconds : 0
  return (seconds + era - unixEpochNtpSeconds + fraction / fractionsPerSecond) * 1000
}

/** The middle 32 bits of a timestamp: what `lsr` holds (RFC 3550 section 6.4.1), in 1/65536 s. */
export function ntpMiddle32({ seconds, fraction }: NtpTimestamp): number {
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0
}
