import { type Frame, type FrameReader, noFrames } from './frame-depacketizer.js'

/**
 * Returns each payload as one frame, for encodings that never split a frame: Opus, G.711, PCM and
 * others.
 */
export class WholeFrameReader implements FrameReader {
  readonly isOpen = false

  read(payload: Buffer, timestamp: number): readonly Frame[] {
    return [{ data: payload, timestamp }]
  }

  flush(): readonly Frame[] {
    return noFrames
  }

  reset(): void {}
}
