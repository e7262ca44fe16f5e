// What the server allocates while it sends: a sampling heap profile with few and with more viewers. The difference for
// each further viewer and picture shows whether the path of a packet allocates for a viewer.
import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad } from '../lib/load.mjs'
import { figure, printTable, short } from '../lib/report.mjs'
import { startRtspool } from '../lib/servers.mjs'
import { sum } from '../lib/statistics.mjs'

const profileMs = 120_000
/** Files through which a packet goes on its way to viewers; the reports to and from viewers are elsewhere. */
const path =
  /\/dist\/(?:media\/(?:fan-out\/(?!sent-reports)|track\/(?!.*reports))|transport\/(?:threads|worker|tcp|udp|system)\/)/
/** Bytes that an allocation takes at least: those of a number. Half of it is above the noise of a profile. */
const smallestObject = 16
const shownFunctions = 6

/** Profiles the server for `measure` seconds while `viewers` watch. */
export async function profile(threads, transport, viewers, clip, { warmup, measure }) {
  const settings = { server: { sendThreads: threads } }
  const server = await startRtspool({ publisher: { clip }, settings })
  try {
    const load = startLoad(server, [
      ...['--transport', transport, '--viewers', viewers, '--warmup', warmup],
      ...['--measure', measure],
    ])
    const ask = async (line) => {
      const answer = server.program.next(line, profileMs)
      server.program.say(line)
      return answer
    }
    await load.next('windowBegan')
    await ask('startHeapProfile')
    const before = await server.stats()
    await sleep(measure * 750)
    const after = await server.stats()
    const allocated = await ask('stopHeapProfile')
    await load.report
    const packets = after.server.unicast.packetsOut - before.server.unicast.packetsOut
    const { main, workers } = allocated
    const functions = [...main, ...workers]
    const bytesOf = (some) => sum(some.map(({ bytes }) => bytes))
    return {
      ...{ threads, transport, viewers, packets, seconds: measure * 0.75 },
      allBytes: bytesOf(functions),
      pathBytes: bytesOf(functions.filter(({ file }) => path.test(file))),
      workerBytes: bytesOf(workers),
      functions: functions.map((one) => ({ ...one, isPath: path.test(one.file) })),
    }
  } finally {
    await server.stop()
  }
}

const picturesPerSecond = 30

/** Table and figures of profiles: each with few viewers, and the same with more. */
export function reportProfiles(profiles) {
  printTable(
    [
      ...['transport', 'threads', 'viewers', 'packets', 'allocated kB', 'bytes/packet'],
      ...['on the path: kB', 'bytes/packet', 'in threads kB'],
    ],
    profiles.map((one) => [
      ...[one.transport, one.threads, one.viewers, one.packets, short(one.allBytes / 1000)],
      ...[short(one.allBytes / one.packets), short(one.pathBytes / 1000)],
      ...[short(one.pathBytes / one.packets, 2), short(one.workerBytes / 1000)],
    ]),
  )
  for (const one of profiles) {
    console.log(`${one.transport}, ${one.threads} threads, ${one.viewers} viewers:`)
    const shown = [...one.functions].slice(0, shownFunctions)
    shown.push(...one.functions.filter(({ isPath }) => isPath).slice(0, shownFunctions))
    for (const { name, file, bytes, isPath } of shown) {
      const place = file.split('/dist/').at(-1).split('/').slice(-3).join('/')
      console.log(`  ${short(bytes / 1000)} kB ${name} (${place})${isPath ? ', on the path' : ''}`)
    }
  }
  const figures = []
  const kinds = new Set(profiles.map(({ transport, threads }) => `${transport}, ${threads}`))
  for (const kind of kinds) {
    const same = profiles.filter(({ transport, threads }) => `${transport}, ${threads}` === kind)
    const [few] = same
    const many = same.at(-1)
    if (few.viewers === many.viewers) continue
    const perPicture = ({ pathBytes, seconds }) => pathBytes / (seconds * picturesPerSecond)
    const each = (perPicture(many) - perPicture(few)) / (many.viewers - few.viewers)
    const name = `${kind} threads: bytes on the path for each further viewer and picture`
    figures.push(figure(name, each, '<=', smallestObject / 2))
  }
  return figures
}
