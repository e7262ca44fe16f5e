/** `npm run test:players`: the tests with real players, with those of Debian 14, VLC among them. */
import { readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ensureNewerPlayers, newerPlayersBin } from './newer-players.mjs'
import { ensureInstalled, fail, root, runNode } from './workspace.mjs'

/**
 * Files of tests to which another version of the players makes no difference: no player takes part, or the web page is tested,
 * in a browser.
 */
function testsWithoutPlayers() {
  const folder = 'test/interop'
  const tests = readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.ts'))
  const files = [
    ...tests.map((name) => `${folder}/${name}`),
    'packages/rtspool-server/test/command.test.ts',
  ]
  return files.filter((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return !/ffmpeg|gst|vlc/i.test(text) || text.includes("'chromium'")
  })
}

// Installing packages removes node_modules, and the players with it.
ensureInstalled()
const reason = await ensureNewerPlayers()
if (reason !== undefined) fail(reason)
process.env.PATH = `${newerPlayersBin}${delimiter}${process.env.PATH}`
const args = process.argv.slice(2)
const isNamed = args.some((arg) => arg.startsWith('--project'))
const selected = [
  ...['--project=interop', '--project=vlc'],
  ...testsWithoutPlayers().map((file) => `--exclude=${file}`),
]
process.exitCode = await runNode(join(root, 'scripts/test.mjs'), [
  ...(isNamed ? [] : selected),
  ...args,
])
