/** Payload type of the sound of a file, where it has no static one. */
export const audioPayloadType = 97

/** What a file says of its sound. */
export interface AudioFormat {
  /** In Hz. */
  readonly sampleRate: number
  readonly channels: number
}
