/** A vitest reporter: names the skipped tests and their reasons, and ends with one line of sums. */
import { writeFileSync } from 'node:fs'
import { inputsIn, tooFewInputs } from './fault-inputs.mjs'

/** Whether a skipped test is a failure: where tests are the gate, nothing may be left out. */
const isStrict = process.env.CI === 'true'

function reasonOf(testCase) {
  const result = testCase.result()
  if (result.state === 'skipped' && result.note) return result.note
  return testCase.options.mode === 'todo' ? 'todo' : 'no reason given'
}

/** Layers of a complete run, `npm test`. */
const allLayers = ['unit', 'property', 'interop']

export class TestReporter {
  #isFiltered = false
  #vitest
  /** Whether the run has every test file of all three layers. */
  #isComplete = false

  onInit(vitest) {
    // With -t and --tags-filter, what does not match is skipped because the caller wants it so.
    const { testNamePattern, tagsFilter } = vitest.config
    this.#isFiltered = testNamePattern !== undefined || tagsFilter !== undefined
    this.#vitest = vitest
  }

  async onTestRunStart(specifications) {
    const layers = this.#vitest.projects.map(({ name }) => name)
    if (this.#isFiltered || !allLayers.every((name) => layers.includes(name))) return
    const all = await this.#vitest.globTestSpecifications()
    this.#isComplete = specifications.length === all.length
  }

  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    // An error outside of tests, or a file that cannot be loaded, counts as one failed test.
    let failed = unhandledErrors.length
    const skipped = []
    for (const module of modules) {
      if (module.errors().length > 0) failed += 1
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) failed += 1
      for (const testCase of module.children.allTests()) {
        const { state } = testCase.result()
        if (state === 'passed') passed += 1
        else if (state === 'skipped') {
          if (!this.#isFiltered) skipped.push(testCase)
        } else failed += 1
      }
    }
    for (const testCase of skipped) {
      console.log(`skipped: ${testCase.module.relativeModuleId}: ${testCase.fullName}`)
      console.log(`         ${reasonOf(testCase)}`)
    }
    if (isStrict && skipped.length > 0) {
      console.log(`${skipped.length} tests were skipped, which is a failure with CI=true`)
      failed += skipped.length
    }
    const problem = this.#isComplete ? tooFewInputs(inputsIn(modules)) : undefined
    if (problem) {
      console.log(problem)
      failed += 1
    }
    if (failed > 0) process.exitCode = 1
    this.#summarize(passed, failed)
  }

  #summarize(passed, failed) {
    const summary = `${passed} passed, ${failed} failed`
    const file = process.env.RTSPOOL_TEST_SUMMARY
    if (file) writeFileSync(file, `${summary}\n`)
    // After the summary of the default reporter, which is printed in the same turn.
    setImmediate(() => console.log(summary))
  }
}

export default TestReporter
