import { loadConfig } from '../config/load-config.js'
import type { Config } from '../config/schema.js'
import type { CommandOptions } from '../options.js'
import type { StopSignal } from '../signals.js'

/** Milliseconds that a child process has to close after its sessions have had their time to end. */
const closeMs = 20_000

/**
 * Returns the milliseconds within which a child process ends after a signal, whose configuration may be newer than that
 * of its parent: the longest time for sessions to end counts, of the start and of the file as it is now.
 */
export function endLimitMs(signal: StopSignal, options: CommandOptions): number {
  if (signal !== 'SIGTERM') return closeMs
  const started = endSecondsOf(options.settings.config)
  return Math.max(started, presentEndSeconds(options)) * 1000 + closeMs
}

/** Returns the time for sessions to end from the configuration as it is now; 0 if the configuration has a mistake. */
function presentEndSeconds({ sources }: CommandOptions): number {
  try {
    return endSecondsOf(loadConfig(sources).config)
  } catch {
    return 0
  }
}

const endSecondsOf = ({ sessions: { drainDelaySeconds, drainSeconds } }: Config): number =>
  drainDelaySeconds + drainSeconds
