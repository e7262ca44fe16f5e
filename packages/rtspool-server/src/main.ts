import { limitYoungGeneration } from './young-generation.js'

limitYoungGeneration()
const { run } = await import('./run.js')

process.exitCode = await run(process.argv.slice(2))
