/** Logs as fast as it can to the standard error, and tells what the event loop and the process made of it. */
import { setTimeout as wait } from 'node:timers/promises'
import { openLog } from '../../../packages/rtspool-server/dist/log/log.js'

const lines = 20_000
const { log, close } = openLog({ level: 'info', format: 'json' })
let longest = 0
let last = performance.now()
const timer = setInterval(() => {
  longest = Math.max(longest, performance.now() - last)
  last = performance.now()
}, 5)
const text = 'x'.repeat(200)
for (let line = 0; line < lines; line++) {
  log.info({ line, text }, 'flood')
  if (line % 100 === 0) await wait(1)
}
console.log(JSON.stringify({ longest, rss: process.memoryUsage.rss() }))
process.stdin.once('data', async () => {
  log.info('after the flood')
  clearInterval(timer)
  await close()
  process.stdin.destroy()
})
