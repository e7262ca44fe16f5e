/** `npm run docs` writes the generated pages; with --check it says whether they are up to date, and checks all others. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './workspace.mjs'

const isCheck = process.argv.includes('--check')
const generators = [
  'errors-doc',
  'conformance-doc',
  'threats-doc',
  'options-doc',
  'config-doc',
  'reference-doc',
  'api-doc',
]
const checks = isCheck ? ['docs-check', 'docs-figures'] : []

/** Runs all of them, so that one report has everything that is wrong. */
for (const name of [...generators, ...checks]) {
  const args = [join(root, 'scripts', `${name}.mjs`), ...(isCheck ? ['--check'] : [])]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
