/** `npm run test:network`: every player over every kind of route, against rtspool and gst-rtsp-server, as a table. */
import { join } from 'node:path'
import { ensureNewerPlayers, newerPlayersBin } from './newer-players.mjs'
import { ensureInstalled, root, runNode, say } from './workspace.mjs'

// Installing packages removes node_modules, and the players with it.
ensureInstalled()
const reason = await ensureNewerPlayers()
if (reason === undefined) process.env.RTSPOOL_NEWER_PLAYERS = newerPlayersBin
else say(`without newer players: ${reason}`)
const args = ['--project=network', ...process.argv.slice(2)]
process.exitCode = await runNode(join(root, 'scripts/test.mjs'), args)
