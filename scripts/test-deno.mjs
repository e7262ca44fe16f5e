/** `npm run test:deno`: the tests of the library on Deno. */
import { delimiter, join } from 'node:path'
import { denoBin, ensureDeno } from './deno.mjs'
import { fail, root, runNode } from './workspace.mjs'

const reason = ensureDeno()
if (reason !== undefined) fail(reason)
process.env.PATH = `${denoBin}${delimiter}${process.env.PATH}`
const args = ['--project=deno', ...process.argv.slice(2)]
process.exitCode = await runNode(join(root, 'scripts/test.mjs'), args)
