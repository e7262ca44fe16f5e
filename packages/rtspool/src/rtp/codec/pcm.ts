/** Format of linear PCM samples as stored in files. */
export interface PcmFormat {
  readonly sampleBytes: 1 | 2 | 3
  readonly isLittleEndian: boolean
  /** `true` if 8-bit samples are signed; 16-bit and 24-bit samples always are. */
  readonly isSigned8: boolean
}

/**
 * Returns the RTP encoding of linear PCM: L8 and L16 (RFC 3551 section 4.5), L24 (RFC 3190 section
 * 4).
 */
export const pcmEncodingOf = ({ sampleBytes }: PcmFormat): string => `L${sampleBytes * 8}`

/**
 * Converts samples to the form that RTP requires (RFC 3551 sections 4.5.10 and 4.5.11). The most
 * significant byte comes first, and 8-bit samples have an offset of 128.
 *
 * @returns New bytes, or the same ones if they have this form already; an incomplete last sample is
 *   dropped.
 */
export function toNetworkPcm(samples: Uint8Array, format: PcmFormat): Uint8Array {
  const { sampleBytes, isLittleEndian, isSigned8 } = format
  const end = samples.length - (samples.length % sampleBytes)
  if (sampleBytes === 1) return isSigned8 ? samples.map((sample) => sample ^ 0x80) : samples
  if (!isLittleEndian) return samples.subarray(0, end)
  const turned = new Uint8Array(end)
  for (let at = 0; at < end; at += sampleBytes) {
    for (let byte = 0; byte < sampleBytes; byte++) {
      turned[at + byte] = samples[at + sampleBytes - 1 - byte] as number
    }
  }
  return turned
}
