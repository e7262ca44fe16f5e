import { sourceOrOption } from './config/problems.js'
import type { Settings } from './config/settings.js'
import { type CommandLog, openLog } from './log/log.js'

/**
 * Opens the log as the configuration describes it.
 *
 * @param process - Number of this process, if it is one of several; a member of each line.
 * @returns The log, or one line that says why its file cannot be opened.
 */
export function tryOpenLog(settings: Settings, process?: number): CommandLog | string {
  const { log: options } = settings.config
  try {
    const opened = openLog(options)
    return process === undefined ? opened : { ...opened, log: opened.log.child({ process }) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const source = sourceOrOption(settings, ['log', 'file'], '--log-file')
    return `error: ${source} ${options.file} cannot be opened: ${reason}`
  }
}
