/** Brings the programs that tests need, where that is possible and allowed. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { forgetProbes, installCommand, missingPrograms, packagesOf } from './programs.mjs'
import { say } from './workspace.mjs'

function isDebianOrUbuntu() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

/** Why nothing may be installed here, or `undefined`. */
function reasonNotToInstall() {
  if (process.env.RTSPOOL_NO_APT === '1') return 'RTSPOOL_NO_APT=1 forbids it'
  if (!isDebianOrUbuntu()) return 'this is not Debian or Ubuntu'
  if (process.getuid?.() !== 0) return 'that needs root'
  return undefined
}

function aptGet(...args) {
  say(`apt-get ${args.join(' ')}`)
  const { status } = spawnSync('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return status === 0
}

/**
 * Installs the Debian packages of the missing programs, or prints the command that does.
 *
 * Never fails: a test whose program is missing is skipped, and says so.
 */
export function ensurePrograms() {
  const missing = missingPrograms()
  if (missing.length === 0) return
  const packages = packagesOf(missing)
  say(`programs that some tests need are missing: ${missing.map((p) => p.name).join(', ')}`)
  const obstacle = reasonNotToInstall()
  if (obstacle !== undefined) {
    say(`they are not installed, because ${obstacle}; tests that need them are skipped`)
    say(`to install them, as root: ${installCommand(packages)}`)
    return
  }
  say(`installing Debian packages (RTSPOOL_NO_APT=1 forbids it): ${packages.join(' ')}`)
  aptGet('update')
  aptGet('install', '-y', '--no-install-recommends', ...packages)
  forgetProbes()
  const left = missingPrograms().map((program) => program.name)
  if (left.length > 0) say(`still missing: ${left.join(', ')}; tests that need them are skipped`)
}
