// A send thread that is held for some seconds, as by a machine that gives it no processor: do the frames of its viewers
// stay whole, do viewers leave, and how long is the event loop held meanwhile?
import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad } from '../lib/load.mjs'
import { figure, printTable, short } from '../lib/report.mjs'
import { startRtspool } from '../lib/servers.mjs'
import { sum } from '../lib/statistics.mjs'

const beforeMs = 1000
/** Seconds of the window behind the hold, in which the viewers catch up. */
const afterSeconds = 4

/** Holds the one send thread of a server for `hold` seconds while `viewers` watch. */
export async function measureHold(transport, viewers, publisher, { warmup, hold }) {
  const settings = { server: { sendThreads: 1 }, loopDelay: true, events: true }
  const server = await startRtspool({ publisher, settings })
  let removed = 0
  server.program.on('sessionRemoved', () => removed++)
  try {
    const load = startLoad(server, [
      ...['--transport', transport, '--viewers', viewers, '--warmup', warmup],
      ...['--measure', hold + afterSeconds],
    ])
    await load.next('windowBegan')
    await sleep(beforeMs)
    await server.stats()
    const held = server.program.next('holdThreads')
    server.program.say(`holdThreads ${hold}`)
    const { threads } = await held
    if (threads !== 1) throw new Error(`expected one send thread, got ${threads}`)
    const { loopDelayMs } = await server.stats()
    const left = removed
    const { failed, windows } = await load.report
    const [window] = windows
    return {
      ...{ transport, viewers, hold, left, failed, loopDelayMs, lost: window.lost },
      misaligned: window.misaligned,
      packets: window.packets,
    }
  } finally {
    await server.stop()
  }
}

/** Table and figures of {@link measureHold}. */
export function reportHolds(holds) {
  printTable(
    [
      ...['transport', 'viewers', 'held s', 'packets', 'lost', 'misaligned', 'failed', 'left'],
      ...['loop p99 ms', 'loop max ms'],
    ],
    holds.map(
      ({ transport, viewers, hold, packets, lost, misaligned, failed, left, loopDelayMs }) => [
        ...[transport, viewers, hold, packets, lost, misaligned, failed, left],
        ...[short(loopDelayMs.p99), short(loopDelayMs.max)],
      ],
    ),
  )
  const total = (name) => sum(holds.map((one) => one[name]))
  return [
    figure('a thread held: frames misaligned', total('misaligned'), '<=', 0, 'frames'),
    figure('a thread held: viewers failed', total('failed') + total('left'), '<=', 0, 'viewers'),
    ...holds.map(({ transport, loopDelayMs }) =>
      figure(`a thread held, ${transport}: event loop p99`, loopDelayMs.p99, '<=', 5, 'ms'),
    ),
  ]
}
