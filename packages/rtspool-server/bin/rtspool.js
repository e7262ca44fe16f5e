#!/usr/bin/env node
// Beside lib/, so that npm finds it before anything has been compiled.
import { existsSync } from 'node:fs'

const main = new URL('../lib/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  process.stderr.write('error: not compiled yet; run npm run build\n')
  process.exitCode = 1
}
