/** What would be published: well-formed manifests, nothing missing, and no file that does not belong. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { root } from './workspace.mjs'

const documents = /^(package\.json|README\.md|LICENSE)$/
const compiled = /^dist\/[a-z0-9/-]+\.(js|d\.ts)(\.map)?$/
const sources = /^src\/[a-z0-9/-]+\.ts$/

/** For each package, what it may contain, and what it must. */
const packages = [
  {
    folder: 'packages/rtspool',
    allowed: [documents, compiled, sources],
    required: ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'dist/session/index.js'],
  },
  {
    folder: 'packages/server',
    allowed: [documents, compiled, /^(assets\/test\.mp4|bin\/rtspool\.js)$/],
    required: ['README.md', 'LICENSE', 'bin/rtspool.js', 'dist/main.js', 'assets/test.mp4'],
  },
]

function packedFiles(folder) {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', `--workspace=${folder}`]
  const { stdout, stderr, status } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`)
  const parsed = JSON.parse(stdout)
  // A list, or (newer npm) an object by package name.
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed)
  return packed.files.map(({ path }) => path)
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

async function problemsOf({ folder, allowed, required }) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const { messages } = await publint({ pkgDir: join(root, folder), strict: true })
  const files = packedFiles(folder)
  const needed = [...new Set([...required, ...targetsOf(manifest)])]
  console.log(`${manifest.name}: ${files.length} files`)
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`),
    ...files
      .filter((file) => !allowed.some((pattern) => pattern.test(file)))
      .map((file) => `${file} does not belong into the package`),
    ...needed.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ].map((problem) => `${manifest.name}: ${problem}`)
}

const problems = (await Promise.all(packages.map(problemsOf))).flat()
for (const problem of problems) console.log(problem)
if (problems.length > 0) process.exitCode = 1
