import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { mediamtxProgram } from '../../bench/peers/mediamtx.mjs'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { endPrograms } from '../interop/support/process.js'
import { type Cell, tryPlayers } from './support/cells.js'
import { gortsplibViewer } from './support/gortsplib.js'
import type { PlayerName, TriedPlayer } from './support/players.js'
import { retinaViewer } from './support/retina.js'
import { type RouteKind, routeKinds } from './support/routes.js'
import type { ServerName } from './support/servers.js'

const newer = process.env.RTSPOOL_NEWER_PLAYERS

/** Groups of cells at the same time: each has up to eleven players, which mostly wait. */
const groupsAtOnce = Number(process.env.RTSPOOL_NETWORK_GROUPS ?? 1)
/** Names of the players that are tried, such as `retina,MediaMTX`; all when absent. */
const only = process.env.RTSPOOL_NETWORK_PLAYERS?.split(',')

const players = (): TriedPlayer[] =>
  allPlayers().filter(({ name }) => only === undefined || only.includes(name))

function allPlayers(): TriedPlayer[] {
  const found: TriedPlayer[] = [{ name: 'ffmpeg' }, { name: 'gstreamer' }]
  if (newer !== undefined) {
    const names: readonly PlayerName[] = ['ffmpeg', 'gstreamer', 'vlc', 'openRTSP']
    if (!existsSync(newer)) throw new Error(`no newer players in ${newer}`)
    found.push(...names.map((name) => ({ name, bin: newer })))
  }
  if (spawnSync('mpv', ['--version'], { stdio: 'ignore' }).status === 0) found.push({ name: 'mpv' })
  const viewer = gortsplibViewer()
  if ('program' in viewer) found.push({ name: 'gortsplib', bin: dirname(viewer.program) })
  const retina = retinaViewer()
  if ('program' in retina) {
    const { program } = retina
    found.push({ name: 'retina', program }, { name: 'retina', program, isUdpOnly: true })
  } else console.log(retina.reason)
  const { program, reason } = mediamtxProgram()
  if (program === undefined) console.log(`without MediaMTX: ${reason}`)
  else found.push({ name: 'MediaMTX', program })
  return found
}

const label = ({ name, bin, isUdpOnly }: TriedPlayer): string => {
  if (isUdpOnly) return `${name} by UDP`
  if (name !== 'ffmpeg' && name !== 'gstreamer') return name
  const command = name === 'ffmpeg' ? 'ffmpeg' : 'gst-launch-1.0'
  const option = name === 'ffmpeg' ? '-version' : '--version'
  const path = bin === undefined ? command : `${bin}/${command}`
  const { stdout } = spawnSync(path, [option], { encoding: 'utf8' })
  return `${name} ${/version (\d+\.\d+)/.exec(stdout)?.[1] ?? '?'}`
}

/** Of one player on one route: `2.1 s` until it had shown ten pictures, or how many it had after 15 s. */
const shown = ({ plays, seconds, pictures }: Cell): string =>
  plays ? `${seconds.toFixed(1)} s` : `**${pictures}**`

interface Row {
  readonly kind: RouteKind
  readonly family: 4 | 6
  readonly ours: readonly Cell[]
  readonly theirs: readonly Cell[]
}

/**
 * Tries all players at once. A busy machine lets some miss their time: those are tried twice more, each alone, whichever
 * the server.
 */
async function tryThrice(
  kind: RouteKind,
  family: 4 | 6,
  server: ServerName,
  tried: readonly TriedPlayer[],
): Promise<Cell[]> {
  const cells = await tryPlayers(kind, family, server, tried)
  for (const [index, player] of tried.entries()) {
    for (let attempt = 0; attempt < 2 && !cells[index]?.plays; attempt++) {
      const [again] = await tryPlayers(kind, family, server, [player])
      if (again) cells[index] = again
    }
  }
  return cells
}

afterAll(endPrograms)

test('players show pictures within 15 s wherever they do from gst-rtsp-server', {
  tags: 'R-1',
}, async (context) => {
  const reason = reasonToSkip('ffmpeg', 'network namespace', 'nft', 'GstRtspServer for Python')
  if (reason !== undefined) return context.skip(reason)
  const tried = players()
  const waiting = routeKinds.flatMap((kind) => kind.families.map((family) => ({ kind, family })))
  const rows: Row[] = []
  const next = async (): Promise<void> => {
    for (let place = waiting.shift(); place; place = waiting.shift()) {
      const { kind, family } = place
      const ours = await tryThrice(kind, family, 'rtspool', tried)
      const theirs = await tryThrice(kind, family, 'gst-rtsp-server', tried)
      rows.push({ kind, family, ours, theirs })
    }
  }
  await Promise.all(Array.from({ length: groupsAtOnce }, next))
  const labels = tried.map(label)
  console.log(
    [
      'rtspool / gst-rtsp-server: time to ten pictures, or how many there were after 15 s',
      '',
      `| route | ${labels.join(' | ')} |`,
      `| --- | ${labels.map(() => '---').join(' | ')} |`,
      ...rows.map(({ kind, family, ours, theirs }) => {
        const cells = ours.map((cell, index) => `${shown(cell)} / ${shown(theirs[index] as Cell)}`)
        return `| ${kind.name}, IPv${family} | ${cells.join(' | ')} |`
      }),
    ].join('\n'),
  )
  const worse = rows.flatMap(({ kind, family, ours, theirs }) =>
    ours.flatMap((cell, index) =>
      !cell.plays && theirs[index]?.plays
        ? [`${labels[index]} over ${kind.name}, IPv${family}: ${cell.log.slice(-300)}`]
        : [],
    ),
  )
  expect(worse).toEqual([])
})
