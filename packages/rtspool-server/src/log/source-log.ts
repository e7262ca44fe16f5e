import type { SourceService } from '../sources/source-service.js'
import type { RepeatLimit } from './repeat-limit.js'

/**
 * Logs each change of a source's state, the streams that are not served, and the lines that programs write to the
 * standard error.
 */
export function logSources(sources: SourceService, lines: RepeatLimit): void {
  sources.on('stateChanged', ({ path, state, until, reason, lastError, attempts, pid, source }) => {
    const facts = { path, state, source, pid, attempts }
    if (state === 'waiting' || state === 'failed') {
      const failure = { ...facts, reason, why: lastError, until: until?.toISOString() }
      lines.write('warn', 'source failed', path, failure)
    } else lines.write('info', `source ${state}`, path, facts)
  })
  sources.on('says', (path, line) => lines.write('info', 'program says', path, { path, line }))
  sources.on('leftOut', (path, names) =>
    lines.write('warn', 'streams of the source are left out', path, { path, streams: names }),
  )
}
