/**
 * Brings the players and publishers of Debian 14: a VLC that speaks RTSP, which Debian 12 and 13 do not have, and newer
 * ffmpeg and GStreamer. They are unpacked into a folder and run from there, with their own C library; nothing is
 * installed. `node scripts/newer-players.mjs` ends with 0 when they are there, and with 75 when they cannot be had
 * here, which it explains.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, say } from './workspace.mjs'

const release = 'forky'
const packages = [
  ...['vlc-bin', 'vlc-plugin-base', 'vlc-plugin-access-extra', 'ffmpeg'],
  ...['gstreamer1.0-tools', 'gstreamer1.0-plugins-good', 'gstreamer1.0-plugins-bad'],
  ...['gstreamer1.0-plugins-ugly', 'gstreamer1.0-libav', 'gstreamer1.0-rtsp', 'livemedia-utils'],
]
const programs = ['ffmpeg', 'ffprobe', 'gst-launch-1.0', 'gst-inspect-1.0', 'vlc', 'openRTSP']
/** Programs of the same packages that only serve: they cannot be tried by asking for their version. */
const servers = ['live555MediaServer', 'testMKVStreamer']
/** Where libraries are, below the usual folder: installing the packages would make the linker know these. */
const libraryFolders = ['', 'blas', 'lapack', 'libproxy', 'pulseaudio', 'vlc']
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const unpackersAtOnce = 2
const fetchTimeoutMs = 4 * 60_000
/** EX_TEMPFAIL of sysexits.h. */
const unavailableStatus = 75

const version = createHash('sha256').update(JSON.stringify([release, packages, programs]))
const cache = join(root, 'node_modules/.cache/rtspool')
const home = join(cache, `players-${release}-${version.digest('hex').slice(0, 8)}`)

/** The folder to put first on the PATH. */
export const newerPlayersBin = join(home, 'bin')

/**
 * Fetches and unpacks the programs once a checkout: 250 MB, 900 MB unpacked.
 *
 * @returns {Promise<string | undefined>} Why they cannot be had, or `undefined` when they are there.
 * @throws {Error} When what was fetched cannot be unpacked or does not run.
 */
export async function ensureNewerPlayers() {
  if (existsSync(home)) {
    writePrograms(home, servers)
    return undefined
  }
  const missing = ['apt-get', 'dpkg-deb', 'unshare'].filter(isMissing)
  if (missing.length > 0) return `missing: ${missing.join(', ')} (Debian: apt dpkg util-linux)`
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'players-'))
  try {
    const archives = join(directory, 'archives')
    const reason = fetchPackages(directory, archives)
    if (reason !== undefined) return reason
    await unpack(archives, join(directory, 'root'))
    rmSync(archives, { recursive: true })
    rmSync(join(directory, 'apt'), { recursive: true })
    writePrograms(directory, [...programs, ...servers])
    tryPrograms(join(directory, 'bin'))
    // It has been made by trying, with the names that the plugins no longer have once they have moved.
    rmSync(join(directory, 'gstreamer-registry'), { force: true })
    moveIntoPlace(directory, home)
    // Looks at all plugins, as the first start of any program of GStreamer would.
    spawnSync(join(newerPlayersBin, 'gst-inspect-1.0'), [], { stdio: 'ignore' })
    return undefined
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * Gives a folder that is ready its name. When another run was faster, its folder stays, and this one is left to its maker.
 *
 * @throws {Error} When the name cannot be given for another reason.
 */
export function moveIntoPlace(directory, place) {
  try {
    renameSync(directory, place)
  } catch (error) {
    const isTaken = error.code === 'ENOTEMPTY' || error.code === 'EEXIST'
    if (!isTaken || !existsSync(place)) throw error
  }
}

function isMissing(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0
}

/** From the place that this machine has its own packages from. @returns Why that fails, if it does. */
function fetchPackages(directory, archives) {
  const listing = spawnSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'],
    { encoding: 'utf8' },
  )
  const repositories = new Set(listing.stdout.split('\n').filter((line) => line !== ''))
  let reason = 'no repository is configured'
  for (const repository of repositories) {
    const problem = fetchFrom(repository, directory, archives)
    if (problem === undefined) return undefined
    reason = problem
  }
  return `the packages of Debian ${release} cannot be had: ${reason}`
}

function fetchFrom(repository, directory, archives) {
  const apt = join(directory, 'apt')
  for (const folder of ['state/lists/partial', 'cache']) {
    mkdirSync(join(apt, folder), { recursive: true })
  }
  mkdirSync(join(archives, 'partial'), { recursive: true })
  const trust = existsSync(keyring) ? `[signed-by=${keyring}] ` : ''
  writeFileSync(join(apt, 'sources.list'), `deb ${trust}${repository} ${release} main\n`)
  writeFileSync(join(apt, 'status'), '')
  const options = aptOptions(apt, archives)
  const aptGet = (...args) => {
    const { status, stderr } = spawnSync('apt-get', ['-q', ...options, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: fetchTimeoutMs,
    })
    return status === 0 ? undefined : (stderr.match(/^E: .*/m)?.[0] ?? `ended with ${status}`)
  }
  return aptGet('update') ?? aptGet('install', '-y', '--download-only', ...packages)
}

/** A system of its own, in which nothing is installed yet; of this machine's it knows only how to reach the network. */
function aptOptions(apt, archives) {
  const settings = {
    'Dir::State': join(apt, 'state'),
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': join(apt, 'cache'),
    'Dir::Cache::archives': archives,
    'Dir::Etc::SourceList': join(apt, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
    'Acquire::Languages': 'none',
    // A mirror that is no longer updated will do. What it has is still checked against its signed list.
    'Acquire::Check-Valid-Until': 'false',
    'Debug::NoLocking': 'true',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

async function unpack(archives, target) {
  const names = readdirSync(archives).filter((name) => name.endsWith('.deb'))
  say(`unpacking ${names.length} packages of Debian ${release}`)
  mkdirSync(target)
  const next = async () => {
    for (let name = names.pop(); name; name = names.pop()) {
      await run('dpkg-deb', '-x', join(archives, name), target)
    }
  }
  await Promise.all(Array.from({ length: unpackersAtOnce }, next))
}

/** One small script a program, which runs it with the libraries and plugins that it came with. */
function writePrograms(directory, names) {
  const usr = join(directory, 'root/usr')
  const triplet = readdirSync(join(usr, 'lib')).find((name) => /-linux-gnu/.test(name))
  const loader = readdirSync(join(usr, 'lib', triplet)).find((name) => /^ld-linux/.test(name))
  const libraries = libraryFolders.map((folder) => join('$lib', folder)).join(':')
  mkdirSync(join(directory, 'bin'), { recursive: true })
  for (const program of names) {
    const script = `#!/bin/sh
home=$(dirname "$(dirname "$(readlink -f "$0")")")
lib=$home/root/usr/lib/${triplet}
export GST_PLUGIN_SYSTEM_PATH="$lib/gstreamer-1.0" GIO_MODULE_DIR="$lib/gio/modules"
export GST_REGISTRY="$home/gstreamer-registry" GST_REGISTRY_FORK=no
if [ -f "$GST_REGISTRY" ]; then export GST_REGISTRY_UPDATE=no; fi
set -- "$lib/${loader}" --library-path "${libraries}" "$home/root/usr/bin/${program}" "$@"
${program === 'vlc' ? refuseNoRoot : ''}exec "$@"
`
    writeFileSync(join(directory, 'bin', program), script, { mode: 0o755 })
  }
}

/** VLC does not run as root: there it is somebody else, who has root's files. */
const refuseNoRoot = `if [ "$(id -u)" = 0 ]; then set -- unshare --user --map-user=1000 --map-group=1000 "$@"; fi
`

function tryPrograms(bin) {
  for (const program of programs) {
    const version = program.startsWith('ff') ? '-version' : '--version'
    const { status, stderr } = spawnSync(join(bin, program), [version], { encoding: 'utf8' })
    // openRTSP has no option that ends well.
    const isThere = status === 0 || /^Usage: /m.test(stderr)
    if (!isThere) throw new Error(`${program} does not run: ${stderr}`)
  }
}

async function run(command, ...args) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [status, signal] = await once(child, 'close')
  if (status !== 0) throw new Error(`${command} ended with ${status ?? signal}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = await ensureNewerPlayers()
  console.log(reason ?? newerPlayersBin)
  if (reason !== undefined) process.exitCode = unavailableStatus
}
