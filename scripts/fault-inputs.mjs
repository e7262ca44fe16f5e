/** Counts the inputs of each fault: the test cases with its id as a tag, and the generators among them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faults } from './faults.mjs'
import { generatorTag } from './test-tags.mjs'
import { fail, root } from './workspace.mjs'

/** The layers of `npm test`, whose cases count; `faults`, `vlc` and `deno` only add to them. */
const project = ['unit', 'property', 'interop']

/** Fewest cases of a fault without a generator: the input that showed it, and five that differ in cause. */
export const fewestCases = 6

/** @typedef {{ cases: number, isGenerated: boolean }} Inputs */

/**
 * Counts in test files that vitest has collected or run: a table has as many cases as rows.
 *
 * @returns {Map<string, Inputs>} The inputs of each fault.
 */
export function inputsIn(testModules) {
  const ids = Object.values(faults).flatMap((chapter) => Object.keys(chapter))
  const found = new Map(ids.map((id) => [id, { cases: 0, isGenerated: false }]))
  for (const module of testModules) {
    for (const { tags } of module.children.allTests()) {
      for (const tag of new Set(tags)) {
        const inputs = found.get(tag)
        if (!inputs) continue
        inputs.cases++
        inputs.isGenerated ||= tags.includes(generatorTag)
      }
    }
  }
  return found
}

/** Names the faults with too few inputs, and how many each has; `undefined` if all have enough. */
export function tooFewInputs(found) {
  const few = [...found].filter(([, inputs]) => !inputs.isGenerated && inputs.cases < fewestCases)
  if (few.length === 0) return undefined
  const counts = few.map(([id, { cases }]) => `${id} has ${cases}`)
  return `each fault needs a generator or ${fewestCases} cases: ${counts.join(', ')}`
}

/** Collects test files, without running a test, and counts. @returns {Promise<Map<string, Inputs>>} */
export async function collectInputs(files) {
  const { createVitest } = await import('vitest/node')
  // Modules of tests make folders when they are loaded, and remove them after their tests, which do not run.
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-collect-'))
  process.env.TMPDIR = folder
  const vitest = await createVitest('test', { root, project, watch: false, reporters: [{}] })
  try {
    const { testModules, unhandledErrors } = await vitest.collect(files)
    const broken = testModules.filter((module) => module.errors().length > 0)
    if (unhandledErrors.length + broken.length > 0) {
      const names = broken.map((module) => module.relativeModuleId)
      fail(`tests cannot be collected: ${names.join(' ')}`)
    }
    return inputsIn(testModules)
  } finally {
    await vitest.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
