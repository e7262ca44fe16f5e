/** A vitest reporter: names the skipped tests and their reasons, and ends with one line of sums. */
import { writeFileSync } from 'node:fs'

/** Whether a skipped test is a failure: where tests are the gate, nothing may be left out. */
const isStrict = process.env.CI === 'true'

function reasonOf(testCase) {
  const result = testCase.result()
  if (result.state === 'skipped' && result.note) return result.note
  return testCase.options.mode === 'todo' ? 'todo' : 'no reason given'
}

export class TestReporter {
  #isFiltered = false

  onInit(vitest) {
    // With -t and --tags-filter, what does not match is skipped because the caller wants it so.
    const { testNamePattern, tagsFilter } = vitest.config
    this.#isFiltered = testNamePattern !== undefined || tagsFilter !== undefined
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
