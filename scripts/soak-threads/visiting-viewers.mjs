// Viewers of the soak that come and go: programs of the load tool.
import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad } from '../../bench/lib/load.mjs'
import { sum } from '../../bench/lib/statistics.mjs'

const slowReaders = 20
/** Milliseconds for which slow readers do not read, and then read. Less than the server's `slowReaderTimeout`. */
const pauseMs = 6000
const readMs = 3000
export const stoppedReaders = 2

/** Viewers that stay for `seconds`. @returns Their report. */
export async function watch(server, options, { seconds }) {
  return startLoad(server, [...options, '--warmup', 0, '--measure', seconds]).report
}

/** Viewers that come and go, one after the other, at most four at a time. */
export const visit = (server, timing) =>
  watch(server, ['--churn', 0, '--concurrency', 4, '--interval-ms', 100], timing)

/** Viewers whose program is stopped again and again. */
export async function readSlowly(server, { seconds }) {
  const load = startLoad(server, ['--viewers', slowReaders, '--warmup', 0, '--measure', seconds])
  const isOver = load.report.then(
    () => true,
    () => true,
  )
  while (!(await Promise.race([isOver, sleep(readMs, false)]))) {
    load.signal('SIGSTOP')
    await sleep(pauseMs)
    load.signal('SIGCONT')
  }
  return load.report
}

/** Viewers that stop reading for good, and that the server must remove. */
export async function stopReading(server, { seconds }) {
  const options = ['--viewers', stoppedReaders, '--warmup', 0, '--measure', seconds]
  const load = startLoad(server, options)
  await load.next('playing')
  load.signal('SIGSTOP')
  await sleep(seconds * 1000)
  load.signal('SIGCONT')
  return load.report
}

/** Counts of a report of the load tool. */
export function countsOf({ windows, failed, completed, failures }) {
  const total = (name) => sum(windows.map((window) => window[name]))
  return {
    ...{ packets: total('packets'), lost: total('lost'), misaligned: total('misaligned') },
    ...{ failed, completed, failures, silent: total('silentViewers') },
    ...{ least: total('minPacketsAViewer'), most: total('maxPacketsAViewer') },
  }
}
