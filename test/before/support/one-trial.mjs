/**
 * Runs one trial in a process of its own: `one-trial.mjs FILE ID CHECKOUT`. Prints one line of JSON: whether the right
 * behaviour was seen, and what was seen.
 */
import { Build } from './build.mjs'

const [file = '', id = '', checkout = ''] = process.argv.slice(2)
const { trials } = await import(new URL(`../trials/${file}`, import.meta.url).href)
/** @type {{ holds?: boolean, saw: string }} */
let outcome
try {
  outcome = await trials[id].seen(new Build(checkout))
} catch (error) {
  outcome = { saw: `no result: ${error.message.split('\n')[0]}` }
}
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit(0))
