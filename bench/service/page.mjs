// What an open dashboard asks of a server: one event stream, the first page of sessions every 2 s, and metrics every 5 s.
// Usage: node bench/service/page.mjs API-URL TOKEN
import { setInterval } from 'node:timers'

const [url, token] = process.argv.slice(2)
const headers = { Authorization: `Bearer ${token}` }
const listMs = 2000
const metricsMs = 5000
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

const events = await get('/v1/events')
setInterval(() => count('lists', '/v1/sessions?limit=100&sort=bytes'), listMs)
setInterval(() => count('scrapes', '/metrics'), metricsMs)
process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit())
})
console.log(JSON.stringify({ event: 'open' }))
for await (const chunk of events.body) counts.bytesOfEvents += chunk.length
