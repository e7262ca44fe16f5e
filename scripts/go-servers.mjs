/** Servers that are Go modules, for tests. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

/** Folder of the programs, each with the name of its server. */
export const goFolder = join(root, 'node_modules/.cache/rtspool/go/')

const programs = {
  gortsplib: { source: 'test/vlc/gortsplib-server', target: '.' },
  go2rtc: { source: 'test/vlc/go2rtc', target: 'github.com/AlexxIT/go2rtc' },
}

/** Builds a server, which takes some minutes at first. @returns Why it cannot be built, or `undefined` */
export function buildGoServer(name) {
  const { source, target } = programs[name]
  mkdirSync(goFolder, { recursive: true })
  const { status, error, stderr } = spawnSync('go', ['build', '-o', `${goFolder}${name}`, target], {
    cwd: join(root, source),
    encoding: 'utf8',
    timeout: 600_000,
    // go2rtc has a C file that must not be compiled.
    env: { ...process.env, CGO_ENABLED: '0' },
  })
  if (status === 0) return undefined
  return `${name} cannot be built: ${error?.message ?? stderr.trim().split('\n').at(-1)}`
}
