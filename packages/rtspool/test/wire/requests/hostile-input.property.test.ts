import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { collectGarbage } from '../../support/collect-garbage.js'
import { closeAfterTest } from '../../support/open-things.js'
import { connectTo, expectOk, startServer } from '../../support/test-server.js'

const attackers = 100
const kib = 1024
const mib = kib * kib

/** In a process of its own, whose memory is not ours; says when all that it has to say is sent. */
const attack = `
  import { connect } from 'node:net'
  const [port, count] = process.argv.slice(1).map(Number)
  const start = 'OPTIONS * RTSP/1.0\\r\\nCSeq: 1\\r\\n'
  const unfinished = [
    start + 'Content-Length: 131072\\r\\n\\r\\n' + 'a'.repeat(60 * 1024),
    start + ('X: ' + 'a'.repeat(8000) + '\\r\\n').repeat(7) + 'X: ',
    '$\\0\\xff\\xff' + 'a'.repeat(60 * 1024),
  ]
  for (let number = 0; number < count; number++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    await new Promise((sent) => socket.write(unfinished[number % 3], 'latin1', sent))
  }
  process.send('sent')
`

async function startAttack(port: number, count: number): Promise<void> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--input-type=module', '-e', attack, String(port), String(count)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  )
  closeAfterTest({
    close: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  })
  await once(child, 'message')
}

it(`${attackers} connections that never finish what they send cost little more than they have sent`, {
  tags: 'B-BIG',
}, async () => {
  const server = await startServer()
  const { port } = server.address()
  const honest = await connectTo(server)
  // What is made once, at the first of them, is not counted.
  await startAttack(port, 10)
  collectGarbage()
  const before = process.memoryUsage().rss
  await startAttack(port, attackers)
  const isTaken = () => server.stats().connections === 1 + 10 + attackers
  for (let turn = 0; turn < 1000 && !isTaken(); turn++) await expectOk(honest, 'OPTIONS', '*')
  // Each turn of the event loop reads of every connection what it has.
  for (let turn = 0; turn < 20; turn++) await expectOk(honest, 'OPTIONS', '*')
  collectGarbage()
  const grown = process.memoryUsage().rss - before
  expect(isTaken()).toBe(true)
  expect(grown).toBeLessThan(attackers * 64 * kib + 10 * mib)
})
