import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'
import { reasonToSkip } from '../../../scripts/programs.mjs'

/** Skips the test, with the reason, when one of the programs is not here. */
export function requirePrograms(context: TestContext, ...names: string[]): void {
  const reason = reasonToSkip(...names)
  if (reason !== undefined) context.skip(reason)
}

/** What `playWithGstreamer` needs. */
export const gstreamerPlayer = ['gst-launch-1.0', 'gst rtspsrc', 'gst h264parse', 'gst avdec_h264']

/** Why the player of `playWithLive555` cannot be built here, or `undefined`. */
export function reasonNotToBuildLive555(): string | undefined {
  const isMissing = (command: string) => spawnSync(command, ['--version']).status !== 0
  const missing = ['gcc', 'g++', 'pip3'].filter(isMissing)
  if (missing.length === 0) return undefined
  return `missing: ${missing.join(', ')} (Debian: gcc g++ python3-pip)`
}
