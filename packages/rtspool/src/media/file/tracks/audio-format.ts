/** Payload type of sound without a static payload type. */
export const audioPayloadType = 97

/** Sound format according to the file. */
export interface AudioFormat {
  /** Sampling rate in Hz. */
  readonly sampleRate: number
  readonly channels: number
}
