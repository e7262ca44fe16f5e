/** Payload type of a sound track whose encoding has no static payload type. */
export const audioPayloadType = 97

/** Format of a sound track, as the file states it. */
export interface AudioFormat {
  /** Sampling rate in Hz. */
  readonly sampleRate: number
  readonly channels: number
}
