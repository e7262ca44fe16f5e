/** Payload type of sound whose encoding has no static payload type. */
export const audioPayloadType = 97

/** Format of sound that the file states. */
export interface AudioFormat {
  /** Sampling rate in Hz. */
  readonly sampleRate: number
  readonly channels: number
}
