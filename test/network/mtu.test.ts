import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { endPrograms } from '../interop/support/process.js'
import { requirePrograms } from '../interop/support/programs.js'
import { tryPlayer } from './support/players.js'
import { Route } from './support/route.js'
import { startServer } from './support/servers.js'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})
afterAll(endPrograms)

/** Everybody at once: each waits for pictures in real time. */
describe.each([4, 6] as const)('UDP over IPv%i', { tags: 'R-1' }, (family) => {
  test('shows pictures over links of 1500, 1400 and 1280 bytes', async (context) => {
    requirePrograms(context, 'ffmpeg', 'network namespace', 'nft')
    await Promise.all([1500, 1400, 1280].map((mtu) => playOver(family, mtu)))
  })
})

async function playOver(family: 4 | 6, mtu: number): Promise<void> {
  const route = await Route.open({ mtu })
  opened.push(route)
  // The client learns of the narrow link from the router, who plays on the server from its own interface.
  await route.run('server', `ip link set lo mtu ${mtu}`)
  const server = await startServer('rtspool', route, family)
  opened.push(server)
  const tries = (['client', 'server'] as const).flatMap((host) =>
    (['live', 'test'] as const).map(async (path) => {
      const { pictures, log } = await tryPlayer(
        { name: 'ffmpeg' },
        {
          ...{ url: server.url(path), within: route.within(host) },
          ...{ pictures: 50, patienceMs: 20_000, isUdpOnly: true },
        },
      )
      expect(pictures, `${path} over ${mtu} bytes to the ${host}: ${log}`).toBeGreaterThanOrEqual(
        50,
      )
    }),
  )
  await Promise.all(tries)
  const fragmentations = server.log.split('\n').filter((line) => line.includes('in fragments'))
  // Packets of ffmpeg have 1472 bytes, ours 1332.
  const room = mtu - (family === 4 ? 28 : 48)
  expect(fragmentations).toHaveLength([1472, 1332].filter((size) => size > room).length)
}
