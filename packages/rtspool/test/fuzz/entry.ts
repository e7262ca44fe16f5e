/** What `npm run fuzz` needs of the tests. */
export { mutate, SeededRandom } from '../rtsp/mutate.js'
export { corpus } from '../support/corpus.js'
export { fuzzTargets } from './targets.js'
