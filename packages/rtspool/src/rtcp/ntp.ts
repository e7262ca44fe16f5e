/** A 64-bit NTP timestamp (RFC 5905 section 6): seconds since 1900 and a fraction, 32 bits each. */
export interface NtpTimestamp {
  readonly seconds: number
  /** Fraction of a second in units of 1/2^32 s. */
  readonly fraction: number
}

/** Seconds from 1900, the origin of NTP, to 1970: 70 years of 365 days and 17 leap days. */
const unixEpochNtpSeconds = (70 * 365 + 17) * 24 * 60 * 60
/** Seconds in an NTP era; the first era ends in February 2036. */
const eraSeconds = 2 ** 32
const fractionsPerSecond = 2 ** 32

/**
 * Converts a time of the wall clock to an NTP timestamp.
 *
 * @param unixMs - Milliseconds since 1970, with fractions.
 */
export function ntpFromUnixMs(unixMs: number): NtpTimestamp {
  const unixSeconds = Math.floor(unixMs / 1000)
  const fractionMs = unixMs - unixSeconds * 1000
  return {
    seconds: (unixSeconds + unixEpochNtpSeconds) % eraSeconds,
    fraction: Math.floor((fractionMs / 1000) * fractionsPerSecond),
  }
}

/** Converts an NTP timestamp to milliseconds since 1970, with fractions. Supports timestamps from 1968 to 2104. */
export function unixMsFromNtp({ seconds, fraction }: NtpTimestamp): number {
  // RFC 4330 section 3: a clear top bit means the era that begins in 2036.
  const era = seconds < eraSeconds / 2 ? eraSeconds : 0
  return (seconds + era - unixEpochNtpSeconds + fraction / fractionsPerSecond) * 1000
}

/**
 * Returns the middle 32 bits of an NTP timestamp, in units of 1/65536 s, as in `lsr` of RTCP (RFC 3550 section
 * 6.4.1).
 */
export function ntpMiddle32({ seconds, fraction }: NtpTimestamp): number {
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0
}
