/** Parts of the tests that `npm run fuzz` uses. */
export { mutate, SeededRandom } from '../rtsp/mutate.js'
export { corpus } from '../support/corpus.js'
export { fuzzTargets } from './targets.js'
