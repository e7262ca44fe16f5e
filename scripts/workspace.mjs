/** Keeps the checkout ready to run: packages installed as locked, and sources compiled. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensurePage } from './dashboard-page.mjs'

/** The folder of the repository, wherever the command was called from. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** The packages that are compiled, and the project that references all of them. */
const packageFolders = ['packages/rtspool', 'packages/rtspool-conform', 'packages/rtspool-server']
const runnableProject = 'packages/rtspool-server'
const library = 'packages/rtspool'
/** Declarations of all files of the library, which this repository compiles against. */
const libraryDeclarations = `${library}/declarations`
/** Some files of the packages as users get them. */
const packed = ['lib/index.js', 'lib/index.d.ts']
  .map((file) => `${library}/${file}`)
  .concat(`${runnableProject}/lib/main.js`)
/** What writes it. */
const writers = ['public-declarations', 'join-modules', 'shorten-code', 'write-library'].map(
  (name) => `scripts/${name}.mjs`,
)
const internals = 'test/interop/support/library-internals.mjs'

const stampFile = join(root, 'node_modules/.cache/rtspool/build-stamp')

/** Says what a script is doing, apart from what the programs that it starts print. */
export function say(text) {
  console.log(`> ${text}`)
}

/** Prints one line on stderr and ends the process with exit code 1. */
export function fail(text) {
  console.error(`error: ${text}`)
  process.exit(1)
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * Why `npm ci` has to run, or `undefined` when node_modules is what the lock file asks for.
 *
 * Compares contents, package by package: the times of files say nothing after a checkout, a copy or
 * an unpacked archive. Packages for other platforms are optional in the lock file and may be absent.
 */
export function reasonToInstall() {
  const locked = readJson('package-lock.json')?.packages
  if (!locked) return 'there is no lock file'
  const installed = readJson('node_modules/.package-lock.json')?.packages
  if (!installed) return 'node_modules is missing'
  for (const [path, entry] of Object.entries(locked)) {
    if (!path.startsWith('node_modules/')) continue
    const found = installed[path]
    if (!found && entry.optional) continue
    const isSame = found && found.version === entry.version && found.integrity === entry.integrity
    if (!isSame || !existsSync(join(root, path))) return `${path} is not as locked`
  }
  return undefined
}

/** Runs npm without a shell where possible: with the npm that started this script. */
export function npm(args) {
  const cli = process.env.npm_execpath
  const isNodeScript = cli !== undefined && /npm-cli\.[cm]?js$/.test(cli)
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }
  return isNodeScript
    ? spawnSync(process.execPath, [cli, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
}

/** Installs the npm packages when they are missing or differ from the lock file. */
export function ensureInstalled() {
  const reason = reasonToInstall()
  if (reason === undefined) return
  say(`installing npm packages, as ${reason}: npm ci`)
  const { status, error } = npm(['ci', '--no-audit', '--no-fund'])
  if (error) fail(`npm cannot be started: ${error.message}`)
  if (status !== 0) fail('npm ci failed; see above')
}

function* filesBelow(folder, extension) {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(extension)) yield join(entry.parentPath, entry.name)
  }
}

function sourcesOf(packageFolder) {
  return [...filesBelow(join(root, packageFolder, 'src'), '.ts')].sort()
}

function outputOf(packageFolder, source) {
  const name = relative(join(root, packageFolder, 'src'), source)
  return join(root, packageFolder, 'dist', name.replace(/\.ts$/, '.js'))
}

/** A hash over everything that decides what the compiler writes. */
function buildStamp() {
  const hash = createHash('sha256')
  const add = (file) => {
    const contents = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
    hash.update(`${relative(root, file).split(sep).join('/')}\0${contents.length}\0`)
    hash.update(contents)
  }
  add(join(root, 'tsconfig.base.json'))
  add(join(root, 'node_modules/typescript/package.json'))
  add(join(root, 'node_modules/rolldown/package.json'))
  for (const file of [...writers, internals]) add(join(root, file))
  for (const folder of packageFolders) {
    add(join(root, folder, 'tsconfig.json'))
    add(join(root, folder, 'package.json'))
    for (const source of sourcesOf(folder)) add(source)
  }
  return hash.digest('hex')
}

function hasMissingOutput() {
  if (!existsSync(join(root, libraryDeclarations, 'index.d.ts'))) return true
  if (packed.some((file) => !existsSync(join(root, file)))) return true
  return packageFolders.some((folder) =>
    sourcesOf(folder).some(
      (source) => !source.endsWith('.d.ts') && !existsSync(outputOf(folder, source)),
    ),
  )
}

/** Removes what was compiled from sources that are gone, and maps of earlier builds, so that nothing imports or packs them. */
function removeStaleOutputs() {
  const folders = packageFolders.map((folder) => ({ folder, outputs: join(root, folder, 'dist') }))
  folders.push({ folder: library, outputs: join(root, libraryDeclarations) })
  for (const { folder, outputs } of folders) {
    for (const output of filesBelow(outputs, '')) {
      const stem = relative(outputs, output).replace(/(\.d\.ts|\.js)(\.map)?$/, '')
      if (stem === relative(outputs, output)) continue
      const isStale =
        output.endsWith('.map') ||
        (outputs === join(root, library, 'dist') && output.endsWith('.d.ts')) ||
        !existsSync(join(root, folder, 'src', `${stem}.ts`))
      if (isStale) rmSync(output)
    }
  }
}

function readStamp() {
  return existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
}

/**
 * Compiles the packages when a source differs from what was compiled last, or an output is missing. Builds the web page, too.
 *
 * The check reads and hashes the sources (about 1 MB), which takes a few milliseconds.
 */
export function ensureBuilt() {
  ensureCompiled()
  if (!ensurePage(root, say)) fail('the web page cannot be built; see above')
}

function ensureCompiled() {
  const stamp = buildStamp()
  const isIncomplete = hasMissingOutput()
  if (stamp === readStamp() && !isIncomplete) return
  say(`compiling: tsc -b ${runnableProject}`)
  rmSync(stampFile, { force: true })
  removeStaleOutputs()
  // tsc -b looks at its own notes only and does not see that an output was deleted.
  if (isIncomplete) for (const folder of packageFolders) removeNotes(folder)
  const status = tsc(['-b', runnableProject]) || node(['scripts/write-library.mjs'])
  if (status !== 0) fail('the sources do not compile; see above')
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, stamp)
}

const removeNotes = (folder) => rmSync(join(root, folder, 'dist/.tsbuildinfo'), { force: true })

/** Runs Node in the repository's folder; returns its exit code. */
function node(args) {
  const stdio = ['ignore', 'inherit', 'inherit']
  return spawnSync(process.execPath, args, { cwd: root, stdio }).status ?? 1
}

/** Runs the locked TypeScript compiler in the repository's folder; returns its exit code. */
export function tsc(args) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  return node([compiler, ...args])
}

/** The file behind the command `name` of an installed npm package. */
export function binOf(packageName, name = packageName) {
  const require = createRequire(join(root, 'package.json'))
  const manifestFile = join(root, 'node_modules', packageName, 'package.json')
  const { bin } = require(manifestFile)
  return join(dirname(manifestFile), typeof bin === 'string' ? bin : bin[name])
}

/**
 * Runs a Node script as a child that gets our signals, and waits for it.
 *
 * @returns Its exit code; 128 + n when signal n ended it.
 */
export function runNode(script, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      ...options,
    })
    const forward = (signal) => child.kill(signal)
    process.on('SIGINT', forward)
    process.on('SIGTERM', forward)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      process.off('SIGINT', forward)
      process.off('SIGTERM', forward)
      const signalCodes = { SIGINT: 130, SIGKILL: 137, SIGTERM: 143 }
      resolve(code ?? signalCodes[signal] ?? 1)
    })
  })
}
