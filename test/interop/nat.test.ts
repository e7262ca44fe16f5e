import { afterAll, afterEach, expect, test } from 'vitest'
import { endPrograms, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { testClip } from './support/server.js'
import { WalledNetwork } from './support/walled-network.js'

const needs = ['network namespace', 'nft', 'ffmpeg']
let network: WalledNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})
afterAll(endPrograms)

const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'error']
const foreign = () => network?.events.filter(({ event }) => event === 'foreign port') ?? []

test('N3 a NAT that changes the ports of a publisher is told, once a track', {
  tags: 'B-RTP',
}, async (context) => {
  requirePrograms(context, ...needs)
  network = await WalledNetwork.start(undefined, { pool: { timeout: 5 } })
  await network.changePorts()
  const publisher = network.run('ffmpeg', [
    ...[...quiet, '-re', '-stream_loop', '-1', '-i', testClip, '-map', '0', '-c', 'copy'],
    ...['-f', 'rtsp', '-rtsp_transport', 'udp', `${network.url}/live/a`],
  ])
  expect(await until(() => (network?.reasons.length ?? 0) > 0)).toBe(true)
  expect(network.reasons).toEqual(['timeout'])
  const told = foreign()
  expect(told.map(({ track }) => track).sort()).toEqual([0, 1])
  for (const { path, client, announcedPort, seenPort } of told) {
    expect({ path, client }).toEqual({ path: '/live/a', client: 'publisher' })
    expect(seenPort).toBeGreaterThanOrEqual(65_100)
    expect(seenPort).not.toBe(announcedPort)
  }
  await publisher.stop()
})

test.for([
  {
    player: 'ffmpeg',
    args: (url: string) => [
      ...[...quiet, '-rtsp_transport', 'udp', '-i', url, '-t', '1', '-f', 'null', '-'],
    ],
  },
  {
    player: 'gst-launch-1.0',
    args: (url: string) => [
      ...['rtspsrc', `location=${url}`, 'protocols=udp', '!', 'fakesink', 'num-buffers=100'],
    ],
  },
])(
  'N3 a NAT that changes the ports of $player is told',
  { tags: 'B-RTP' },
  async ({ player, args }, context) => {
    requirePrograms(context, ...needs, player)
    network = await WalledNetwork.start()
    await network.changePorts()
    const viewer = network.run(player, args(`${network.url}/test`))
    expect(await until(() => foreign().length >= 2)).toBe(true)
    expect(foreign()).toMatchObject([{ client: 'viewer' }, { client: 'viewer' }])
    await viewer.stop()
  },
)

test.for(['ffmpeg', 'gst-launch-1.0'])(
  'N3 %s without a NAT is told of nothing',
  { tags: 'B-RTP' },
  async (player, context) => {
    requirePrograms(context, ...needs, player)
    network = await WalledNetwork.start()
    const url = `${network.url}/test`
    const viewer = network.run(
      player,
      player === 'ffmpeg'
        ? [...quiet, '-rtsp_transport', 'udp', '-i', url, '-t', '3', '-f', 'null', '-']
        : ['rtspsrc', `location=${url}`, 'protocols=udp', '!', 'fakesink', 'num-buffers=200'],
    )
    expect(await viewer.ended(45_000)).not.toBe('timeout')
    expect(network.reasons).toHaveLength(1)
    expect(foreign()).toEqual([])
  },
)
