/**
 * What would be published: well-formed manifests, nothing missing, no file that does not belong, and declarations that
 * compile for whoever installs them.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { allCompilers, declarationProblems } from './check-declarations.mjs'
import { root } from './workspace.mjs'

const documents = /^(package\.json|README\.md|LICENSE)$/
/** Neither maps nor sources: CONTRIBUTING.md says why. */
const compiled = /^(dist|lib)\/[a-z0-9/-]+\.(js|d\.ts)$/
const pages = /^docs\/(README\.md|(start|guides|reference)\/[a-z-]+\.md)$/
/** A link of Markdown to a file. */
const link = /\]\((?![a-z]+:|#)([^)#\s]+)/g

/** For each package, what it may contain, what it must, and how many kB its archive may have. */
const packages = [
  {
    folder: 'packages/rtspool',
    maxPackedKb: 500,
    allowed: [documents, compiled, pages],
    required: [
      ...['README.md', 'LICENSE', 'lib/index.js', 'lib/index.d.ts', 'lib/types.d.ts'],
      ...['docs/README.md', 'docs/start/your-own-server.md', 'docs/reference/session-pool.md'],
    ],
  },
  {
    folder: 'packages/rtspool-conform',
    maxPackedKb: 80,
    allowed: [documents, compiled],
    required: ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'],
  },
  {
    folder: 'packages/rtspool-server',
    // The moving picture of `/test` takes 410 of them, the documents 70, and the web page with its charts 75.
    maxPackedKb: 822,
    allowed: [
      documents,
      compiled,
      pages,
      /^page\/((index|share)\.html|assets\/[A-Za-z0-9_-]+\.(js|css))$/,
      /^(assets\/(test\.mp4|test-h265\.mp4|test-pcm\.wav|grafana-dashboard\.json)|bin\/rtspool\.js|packaging\/(rtspool\.service|Dockerfile))$/,
    ],
    required: [
      ...['README.md', 'LICENSE', 'bin/rtspool.js', 'lib/main.js', 'assets/test.mp4'],
      ...['page/index.html', 'page/share.html', 'docs/reference/configuration.md'],
      ...['packaging/rtspool.service', 'packaging/Dockerfile'],
    ],
  },
]

function output(command, args) {
  const { stdout, stderr, status } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`)
  return stdout
}

/** Packs as CONTRIBUTING.md says, and unpacks it into `target`. @returns The names of the files, and the bytes of the archive. */
function packedFiles(folder, target) {
  // As anybody would: .npmrc turns scripts off. Where they run, in the background they print nothing between the JSON.
  const args = ['pack', '--json', '--foreground-scripts=false', `--pack-destination=${target}`]
  const stdout = output('npm', [...args, `--workspace=${folder}`])
  const parsed = JSON.parse(stdout)
  // A list, or (newer npm) an object by package name.
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed)
  output('tar', ['-xzf', join(target, packed.filename), '-C', target])
  return { files: packed.files.map(({ path }) => path), packedBytes: packed.size }
}

/** The files that `exports` and `bin` of a manifest point at. */
function targetsOf(manifest) {
  const targets = []
  const collect = (value) => {
    if (typeof value === 'string') targets.push(value.replace(/^\.\//, ''))
    else if (value) for (const inner of Object.values(value)) collect(inner)
  }
  collect(manifest.exports)
  collect(manifest.bin)
  return targets
}

/** Links of the pages in `unpacked` to files that are not there. */
function deadLinks(unpacked, files) {
  return files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => {
      const text = readFileSync(join(unpacked, file), 'utf8')
      const targets = [...text.matchAll(link)].map(([, target]) => join(dirname(file), target))
      return targets
        .filter((target) => !files.includes(target))
        .map((target) => `${file} links to ${target}, which is not there`)
    })
}

/** Imports a module in a process of its own, as the only one. @returns The names that it exports. */
async function namesIn(path) {
  const program = `console.log(Object.keys(await import('${pathToFileURL(path)}')).join())`
  const args = ['--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return stdout.trim()
}

/** Entries of the packed library that cannot be imported alone, or that export other names than their sources. */
async function entryProblems(unpacked) {
  const { exports } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'))
  // Where npm puts them: the library finds its optional packages above itself.
  symlinkSync(join(root, 'node_modules'), join(unpacked, '../node_modules'))
  const entries = Object.values(exports).filter((target) => target.default)
  const problems = entries.map(async ({ default: file }) => {
    const compiledFile = join(root, 'packages/rtspool', file.replace('./lib/', 'dist/'))
    try {
      const [names, expected] = await Promise.all([join(unpacked, file), compiledFile].map(namesIn))
      return names === expected ? [] : [`${file} exports ${names}, expected ${expected}`]
    } catch (error) {
      return [`${file} cannot be imported: ${error.stderr ?? error.message}`]
    }
  })
  return (await Promise.all(problems)).flat()
}

async function consumerProblems(unpacked) {
  const compilers = allCompilers()
  console.log(
    `compiling consumers with TypeScript ${compilers.map(({ version }) => version).join(', ')}`,
  )
  return declarationProblems(unpacked, temp, compilers)
}

const libraryProblems = async (unpacked) => [
  ...(await entryProblems(unpacked)),
  ...(await consumerProblems(unpacked)),
]

async function problemsOf({ folder, maxPackedKb, allowed, required }) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const { messages } = await publint({ pkgDir: join(root, folder), strict: true })
  const target = join(temp, manifest.name)
  mkdirSync(target)
  const { files, packedBytes } = packedFiles(folder, target)
  const packedKb = Math.ceil(packedBytes / 1000)
  const needed = [...new Set([...required, ...targetsOf(manifest)])]
  console.log(
    `${manifest.name}: ${files.length} files, ${packedKb} kB packed (limit ${maxPackedKb} kB)`,
  )
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`),
    ...files
      .filter((file) => !allowed.some((pattern) => pattern.test(file)))
      .map((file) => `${file} does not belong into the package`),
    ...deadLinks(join(target, 'package'), files),
    ...(packedKb > maxPackedKb ? [`${packedKb} kB packed are more than ${maxPackedKb} kB`] : []),
    ...needed.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...(manifest.name === 'rtspool' ? await libraryProblems(join(target, 'package')) : []),
  ].map((problem) => `${manifest.name}: ${problem}`)
}

const temp = mkdtempSync(join(tmpdir(), 'rtspool-packages-'))
const removeTemp = () => rmSync(temp, { recursive: true, force: true })
const problems = (await Promise.all(packages.map(problemsOf)).finally(removeTemp)).flat()
for (const problem of problems) console.log(problem)
if (problems.length > 0) process.exitCode = 1
