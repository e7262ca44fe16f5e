/** `npm run test:players`: the tests with real programs, with those of Debian 14, VLC among them. */
import { delimiter, join } from 'node:path'
import { ensureNewerPlayers, newerPlayersBin } from './newer-players.mjs'
import { ensureInstalled, fail, root, runNode } from './workspace.mjs'

// Installing packages removes node_modules, and the players with it.
ensureInstalled()
const reason = await ensureNewerPlayers()
if (reason !== undefined) fail(reason)
process.env.PATH = `${newerPlayersBin}${delimiter}${process.env.PATH}`
const args = process.argv.slice(2)
const isNamed = args.some((arg) => arg.startsWith('--project'))
const projects = isNamed ? [] : ['--project=interop', '--project=vlc']
process.exitCode = await runNode(join(root, 'scripts/test.mjs'), [...projects, ...args])
