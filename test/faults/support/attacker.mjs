/**
 * Runs one attack until its input ends. `attacker.mjs NAME JSON`: `../attacks/NAME.mjs` exports `attack`, which gets
 * the settings of the test and a signal to stop. Prints `attacking` when the attack stands, then one line of JSON.
 */
import { once } from 'node:events'

const [name = '', settings = '{}'] = process.argv.slice(2)
const { attack } = await import(new URL(`../attacks/${name}.mjs`, import.meta.url).href)
const stop = new AbortController()
void once(process.stdin.resume(), 'end').then(() => stop.abort())
// An attack has an end of its own, whatever becomes of the test.
const limit = setTimeout(() => stop.abort(), 15 * 60_000)
const counts = await attack(JSON.parse(settings), {
  signal: stop.signal,
  standing: () => console.log('attacking'),
})
clearTimeout(limit)
console.log(JSON.stringify(counts ?? {}))
process.exit(0)
