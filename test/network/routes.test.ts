import { afterAll, expect, test } from 'vitest'
import { endPrograms } from '../interop/support/process.js'
import { gstreamerPlayer, requirePrograms } from '../interop/support/programs.js'
import { tryPlayers } from './support/cells.js'
import { routeKind } from './support/routes.js'

afterAll(endPrograms)

/** Three cells of the table that `npm run test:network` prints, with more patience: machines of tests are busy. */
test.for([
  ['2 % of UDP lost', 6],
  ['UDP dropped', 4],
  ['NAT, new ports', 4],
] as const)(
  'ffmpeg and GStreamer show pictures: %s, IPv%i',
  { tags: 'R-1' },
  async ([name, family], context) => {
    requirePrograms(context, 'ffmpeg', ...gstreamerPlayer, 'network namespace', 'nft')
    const players = [{ name: 'ffmpeg' }, { name: 'gstreamer' }] as const
    const cells = await tryPlayers(routeKind(name), family, 'rtspool', players, 40_000)
    for (const { player, pictures, plays, log } of cells) {
      expect(plays, `${player.name}: ${pictures} pictures; ${log}`).toBe(true)
    }
  },
)
