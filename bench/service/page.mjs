// What an open dashboard asks of a server: one event stream, the first page of sessions every 2 s, and metrics every 5 s.
// Begins with what a page asks for in a minute or two: V8 has compiled the code of the server by then.
// Usage: node bench/service/page.mjs API-URL TOKEN
import { setInterval } from 'node:timers'

const [url, token] = process.argv.slice(2)
const headers = { Authorization: `Bearer ${token}` }
const listMs = 2000
const metricsMs = 5000
const listsBefore = 40
const scrapesBefore = 20
const counts = { event: 'counts', lists: 0, scrapes: 0, bytesOfEvents: 0, failures: 0 }

async function get(path) {
  const response = await fetch(new URL(path, url), { headers })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response
}

async function count(name, path) {
  try {
    await (await get(path)).arrayBuffer()
    counts[name]++
  } catch {
    counts.failures++
  }
}

const list = () => count('lists', '/v1/sessions?limit=100&sort=bytes')
const scrape = () => count('scrapes', '/metrics')

const events = await get('/v1/events')
for (let n = 0; n < listsBefore; n++) await list()
for (let n = 0; n < scrapesBefore; n++) await scrape()
setInterval(list, listMs)
setInterval(scrape, metricsMs)
process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit())
})
console.log(JSON.stringify({ event: 'open' }))
for await (const chunk of events.body) counts.bytesOfEvents += chunk.length
