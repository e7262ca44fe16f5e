import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { endPrograms, Program, until } from '../interop/support/process.js'
import { type RunningLibrary, startServer } from '../interop/support/server.js'
import { gortsplibViewer } from '../network/support/gortsplib.js'

let running: RunningLibrary
beforeEach(async () => {
  running = await startServer()
})
afterEach(() => running.close())
afterAll(endPrograms)

const ways = [
  {
    tags: ['R-6', 'A-HTP-4'],
    name: 'through HTTP, where it waits for an answer to its POST',
    option: '-http',
  },
  { tags: ['A-SET-18'], name: 'by UDP', option: '-udp' },
]

for (const { tags, name, option } of ways) {
  test(`gortsplib plays ${name}`, { tags }, async (context) => {
    const viewer = gortsplibViewer()
    if ('reason' in viewer) return context.skip(viewer.reason)
    const player = new Program(viewer.program, [option, `${running.url}/test`])
    const pictures = () => player.stdout.split('\n').length - 1
    await until(() => pictures() >= 50 || !player.isRunning, 15_000)
    await player.stop('SIGKILL')
    expect(pictures(), player.stderr).toBeGreaterThanOrEqual(50)
  })
}
