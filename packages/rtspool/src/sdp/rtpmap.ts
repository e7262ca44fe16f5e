/** Encoding of a payload type: from `a=rtpmap`, or from the table of RFC 3551. */
export interface RtpMap {
  /** Name of the encoding as written, e.g. `H264` or `mpeg4-generic`; compare without case. */
  readonly encoding: string
  /** Clock rate of the encoding: ticks of the RTP timestamp in a second. */
  readonly clockRate: number
  /** Number of audio channels; left out if the description leaves it out, which means one. */
  readonly channels?: number
}

/** Encodings of the static payload types, from RFC 3551 tables 4 and 5. */
const staticPayloadTypes: ReadonlyMap<number, RtpMap> = new Map<number, RtpMap>([
  [0, { encoding: 'PCMU', clockRate: 8000 }],
  [3, { encoding: 'GSM', clockRate: 8000 }],
  [4, { encoding: 'G723', clockRate: 8000 }],
  [5, { encoding: 'DVI4', clockRate: 8000 }],
  [6, { encoding: 'DVI4', clockRate: 16000 }],
  [7, { encoding: 'LPC', clockRate: 8000 }],
  [8, { encoding: 'PCMA', clockRate: 8000 }],
  // RFC 3551 section 4.5.2: G.722 samples at 16 kHz, but by a historic mistake its RTP clock is
  // 8000.
  [9, { encoding: 'G722', clockRate: 8000 }],
  [10, { encoding: 'L16', clockRate: 44100, channels: 2 }],
  [11, { encoding: 'L16', clockRate: 44100 }],
  [12, { encoding: 'QCELP', clockRate: 8000 }],
  [13, { encoding: 'CN', clockRate: 8000 }],
  [14, { encoding: 'MPA', clockRate: 90000 }],
  [15, { encoding: 'G728', clockRate: 8000 }],
  [16, { encoding: 'DVI4', clockRate: 11025 }],
  [17, { encoding: 'DVI4', clockRate: 22050 }],
  [18, { encoding: 'G729', clockRate: 8000 }],
  [25, { encoding: 'CelB', clockRate: 90000 }],
  [26, { encoding: 'JPEG', clockRate: 90000 }],
  [28, { encoding: 'nv', clockRate: 90000 }],
  [31, { encoding: 'H261', clockRate: 90000 }],
  [32, { encoding: 'MPV', clockRate: 90000 }],
  [33, { encoding: 'MP2T', clockRate: 90000 }],
  [34, { encoding: 'H263', clockRate: 90000 }],
])

/**
 * Returns the encoding that RFC 3551 assigns to a payload type, for a description that states none; `undefined` if
 * RFC 3551 assigns none.
 */
export function staticRtpMap(payloadType: number): RtpMap | undefined {
  return staticPayloadTypes.get(payloadType)
}

/**
 * Parses the encoding in a value of `a=rtpmap`, such as `H264/90000` or `opus/48000/2`; returns `undefined` for any
 * other text.
 */
export function parseRtpMap(text: string): RtpMap | undefined {
  const [encoding, rate, channels, ...rest] = text.trim().split('/')
  const clockRate = positiveInteger(rate)
  if (!encoding || clockRate === undefined || rest.length > 0) return undefined
  const channelCount = positiveInteger(channels)
  return channelCount === undefined
    ? { encoding, clockRate }
    : { encoding, clockRate, channels: channelCount }
}

/** Writes an encoding as in `a=rtpmap`: `H264/90000` or `opus/48000/2`. */
export function serializeRtpMap({ encoding, clockRate, channels }: RtpMap): string {
  return channels === undefined
    ? `${encoding}/${clockRate}`
    : `${encoding}/${clockRate}/${channels}`
}

/**
 * Parses a positive number of at most nine digits; `undefined` for other texts. Such a number is
 * below 2^32.
 */
function positiveInteger(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d{1,9}\s*$/.test(text)) return undefined
  const number = Number(text)
  return number > 0 ? number : undefined
}
