import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { endPrograms, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { testClip } from './support/server.js'
import { type Wall, WalledNetwork } from './support/walled-network.js'

const walled = ['network namespace', 'nft']
const patienceMs = 45_000
let network: WalledNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})
afterAll(endPrograms)

/** FFmpeg as users start it, without a transport: UDP first. Ends after 2 s of pictures. */
const ffmpeg = (url: string, ...options: string[]) => [
  ...['-hide_banner', '-nostdin', '-loglevel', 'error', ...options, '-i', url],
  ...['-t', '2', '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framecrc', '-'],
]

/** GStreamer as users start it; ends after 50 pictures. */
const gstreamer = (url: string) => [
  ...['rtspsrc', `location=${url}`, 'latency=200', '!', 'rtph264depay', '!', 'h264parse', '!'],
  ...['avdec_h264', '!', 'identity', 'eos-after=50', '!', 'fakesink', 'sync=false'],
]

const players = [
  {
    player: 'ffmpeg',
    needs: ['ffmpeg'],
    args: (url: string) => ffmpeg(url, '-timeout', '4000000'),
  },
  {
    player: 'gst-launch-1.0',
    needs: ['gst-launch-1.0', 'gst rtspsrc', 'gst h264parse', 'gst avdec_h264'],
    args: gstreamer,
  },
]

const walls: readonly { readonly wall: Wall; readonly reasons: readonly string[] }[] = [
  { wall: 'reject', reasons: ['unreachable', 'unreachable'] },
  { wall: 'drop', reasons: ['replaced', 'teardown'] },
]

describe.each(walls)('behind a firewall that answers UDP with $wall', ({ wall, reasons }) => {
  test.for(players)(
    '$player shows pictures over TCP',
    { tags: 'P-1' },
    async ({ player, needs, args }, context) => {
      requirePrograms(context, ...walled, ...needs)
      network = await WalledNetwork.start(wall)
      const playing = network.run(player, args(`${network.url}/test`))
      expect(await playing.ended(patienceMs)).toBe(0)
      await until(() => network?.reasons.length === 2, 5000)
      const first = reasons[players.findIndex((each) => each.player === player)]
      expect(network.reasons).toEqual([first, 'teardown'])
      // Pictures and sound of two seconds.
      expect(
        network.events.findLast(({ event }) => event === 'removed')?.packetsOut,
      ).toBeGreaterThan(100)
    },
  )
})

test.for([
  { name: 'maxSessions', pool: { maxSessions: 1 } },
  { name: 'maxSessionsPerAddress', pool: { maxSessionsPerAddress: 1 } },
  { name: 'maxSessionsPerPath', pool: { maxSessionsPerPath: 1 } },
])(
  'ffmpeg falls back to TCP where there is one place: $name',
  { tags: 'P-2' },
  async ({ pool }, context) => {
    requirePrograms(context, ...walled, 'ffmpeg')
    network = await WalledNetwork.start('drop', { pool })
    const playing = network.run('ffmpeg', ffmpeg(`${network.url}/test`, '-timeout', '4000000'))
    expect(await playing.ended(patienceMs)).toBe(0)
    expect(
      playing.stdout.split('\n').filter((line) => line.startsWith('0,')).length,
    ).toBeGreaterThan(40)
    await until(() => network?.reasons.length === 2, 5000)
    expect(network.reasons).toEqual(['replaced', 'teardown'])
  },
)

/** Publishes the test clip in real time, over and over. */
const publishing = (url: string, transport: string) => [
  ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-re', '-stream_loop', '-1'],
  ...['-i', testClip, '-map', '0', '-c', 'copy', '-f', 'rtsp', '-rtsp_transport', transport, url],
]

test('ffmpeg that publishes by UDP into a firewall ends with its session', {
  tags: 'R-2',
}, async (context) => {
  requirePrograms(context, ...walled, 'ffmpeg')
  network = await WalledNetwork.start(undefined, { pool: { timeout: 5 } })
  const publisher = network.run('ffmpeg', publishing(`${network.url}/live/a`, 'udp'))
  expect(
    await until(() => network?.events.some(({ event }) => event === 'published') ?? false),
  ).toBe(true)
  await network.dropIncoming()
  const droppedAt = performance.now()
  expect(await publisher.ended(patienceMs)).not.toBe('timeout')
  expect(network.reasons).toEqual(['timeout'])
  // 5 s, 5 s of grace, and what ffmpeg takes to look.
  expect(performance.now() - droppedAt).toBeLessThan(16_000)
})

test.for(['tcp', 'udp'])(
  'GStreamer ends with exit code 0 when the publisher goes: %s',
  { tags: 'P-4' },
  async (transport, context) => {
    requirePrograms(context, ...walled, 'ffmpeg', 'gst-launch-1.0', 'gst rtspsrc')
    network = await WalledNetwork.start()
    const url = `${network.url}/live/a`
    const publisher = network.run('ffmpeg', publishing(url, 'tcp'))
    const events = () => network?.events ?? []
    expect(await until(() => events().some(({ event }) => event === 'published'))).toBe(true)
    const player = network.run('gst-launch-1.0', [
      ...['rtspsrc', `location=${url}`, `protocols=${transport}`, 'latency=200', '!'],
      ...['rtph264depay', '!', 'fakesink'],
    ])
    const isPlaying = () => events().filter(({ event }) => event === 'created').length === 2
    expect(await until(isPlaying)).toBe(true)
    await until(() => /PLAYING/.test(player.stdout))
    await settle(2000, 'the player must have shown something before the end counts as one')
    await publisher.stop()
    expect(await player.ended(patienceMs)).toBe(0)
    expect(network.reasons).toContain('mediaEnded')
  },
)

test.for(['tcp', 'udp'])(
  'ffmpeg stays while a publisher that stays is silent for longer than the timeout: %s',
  { tags: 'P-3' },
  async (transport, context) => {
    requirePrograms(context, ...walled, 'ffmpeg')
    network = await WalledNetwork.start(undefined, { pool: { timeout: 5 } })
    const url = `${network.url}/live/a`
    const publisher = network.run('ffmpeg', publishing(url, 'tcp'))
    const events = () => network?.events ?? []
    expect(await until(() => events().some(({ event }) => event === 'published'))).toBe(true)
    const player = network.run('ffmpeg', [
      ...[
        '-hide_banner',
        '-nostdin',
        '-loglevel',
        'error',
        '-rtsp_transport',
        transport,
        '-i',
        url,
      ],
      ...['-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framecrc', '-'],
    ])
    const pictures = () => player.stdout.split('\n').length
    expect(await until(() => pictures() > 25)).toBe(true)
    // A process that stands still keeps its connection, and its system acknowledges for it.
    publisher.kill('SIGSTOP')
    await settle(14_000, 'nothing must happen for longer than the timeout')
    expect(network.reasons).toEqual([])
    const before = pictures()
    publisher.kill('SIGCONT')
    expect(await until(() => pictures() > before + 25)).toBe(true)
    await player.stop()
    await publisher.stop()
  },
)
