// Runs the tests of the whole server once more with one send thread, which serves every viewer from the first one on.
// Fails unless threads have sent at least 90 % of the RTP packets to unicast viewers of servers with threads.
// Usage: npm run test:threads -- [VITEST ARGUMENTS]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const wantedShare = 0.9
const wire = [
  'packages/rtspool/test/wire',
  // Its viewers are sent 1.5 million cached packets, which the event loop sends.
  '--exclude=**/flooding-publisher.property.test.ts',
]
const given = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'rtspool-threads-'))
const counts = join(folder, 'counts')
const env = { ...process.env, RTSPOOL_TEST_SEND_THREADS: counts }
try {
  const projects = ['--project', 'unit', '--project', 'property']
  const args = ['vitest', 'run', ...projects, ...(given.length > 0 ? given : wire)]
  const { status } = spawnSync('npx', args, { env, stdio: 'inherit' })
  const [all, byThreads] = readFileSync(counts, 'latin1')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .reduce((sums, line) => [sums[0] + line[0], sums[1] + line[1]], [0, 0])
  const share = byThreads / all
  console.log(`${byThreads} of ${all} packets left through threads: ${(share * 100).toFixed(1)} %`)
  process.exitCode = status === 0 && share >= wantedShare ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
}
