import type { TestContext } from 'vitest'
import { reasonToSkip } from '../../../scripts/programs.mjs'

/** Skips the test, with the reason, when one of the programs is not here. */
export function requirePrograms(context: TestContext, ...names: string[]): void {
  const reason = reasonToSkip(...names)
  if (reason !== undefined) context.skip(reason)
}

/** What `playWithGstreamer` needs. */
export const gstreamerPlayer = [
  ...['gst-launch-1.0', 'gst rtspsrc', 'gst h264parse', 'gst avdec_h264', 'gst videoscale'],
]
