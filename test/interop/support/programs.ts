import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'
import { reasonToSkip } from '../../../scripts/programs.mjs'
import type { Tunnel } from './publishers.js'

/** Skips the test, with the reason, when one of the programs is not here. */
export function requirePrograms(context: TestContext, ...names: string[]): void {
  const reason = reasonToSkip(...names)
  if (reason !== undefined) context.skip(reason)
}

/** What `playWithGstreamer` needs. */
export const gstreamerPlayer = [
  ...['gst-launch-1.0', 'gst rtspsrc', 'gst h264parse', 'gst avdec_h264', 'gst videoscale'],
]

/** Whether this ffmpeg looks at certificates by itself: 9 does, 5.1 does not. */
const ffmpegLooks = /tls_verify .*default true/.test(
  spawnSync('ffmpeg', ['-hide_banner', '-h', 'protocol=tls'], { encoding: 'utf8' }).stdout ?? '',
)

/**
 * Makes ffmpeg take certificates that nobody signed, as those of the tests are. The rtsp of 5.1 does not have the option,
 * and ends at once when it is given.
 */
export const ffmpegUnverified: readonly string[] = ffmpegLooks ? ['-tls_verify', '0'] : []

/**
 * The tunnels that ffmpeg can be tried with: the certificates of tests are signed by nobody, and one that looks at
 * them cannot be told not to inside a tunnel (`-tls_verify` is heard with `rtsps:` alone).
 */
export const ffmpegTunnels: readonly Tunnel[] = ffmpegLooks ? ['http'] : ['http', 'https']
