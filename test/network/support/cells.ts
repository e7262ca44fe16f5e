import { type TriedPlayer, tryPlayer } from './players.js'
import { Route } from './route.js'
import type { RouteKind } from './routes.js'
import { type ServerName, startServer } from './servers.js'

/** Shown before, and once more where something happens in between. */
const pictures = 10
/** What a player may take to show them, its way from UDP to TCP included. */
const usualPatienceMs = 15_000

/** What one player made of one route and one server. */
export interface Cell {
  readonly player: TriedPlayer
  readonly pictures: number
  readonly seconds: number
  readonly plays: boolean
  readonly log: string
}

/**
 * Tries players over a route of one kind, all at once.
 *
 * @param patienceMs - 15 s when absent.
 */
export async function tryPlayers(
  kind: RouteKind,
  family: 4 | 6,
  serverName: ServerName,
  players: readonly TriedPlayer[],
  patienceMs = usualPatienceMs,
): Promise<Cell[]> {
  const route = await Route.open(kind.options)
  try {
    const server = await startServer(serverName, route, family)
    const wanted = kind.rebinds ? 3 * pictures : pictures
    let rebinding: Promise<void> | undefined
    const halfway = () => {
      rebinding ??= route.rebind()
      return rebinding
    }
    const tries = players.map(async (player): Promise<Cell> => {
      const tried = await tryPlayer(player, {
        ...{ url: server.url(kind.path), within: route.within('client') },
        ...{ pictures: wanted, patienceMs },
        ...(kind.rebinds ? { halfway } : {}),
      })
      return { player, ...tried, plays: tried.pictures >= wanted }
    })
    const cells = await Promise.all(tries)
    await server.close()
    return cells
  } finally {
    await route.close()
  }
}
