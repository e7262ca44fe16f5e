import { afterAll, afterEach, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { endPrograms, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { WalledNetwork } from './support/walled-network.js'

let network: WalledNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})
afterAll(endPrograms)

const ffmpeg = (url: string) => [
  ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-rtsp_transport', 'tcp'],
  ...['-i', url, '-f', 'null', '-'],
]
const gstreamer = (url: string) => [
  ...['rtspsrc', `location=${url}`, 'protocols=tcp', '!', 'fakesink'],
]

test.for([
  { sender: "the system's own calls", options: {} },
  { sender: 'Node alone', options: { nativeSockets: false } },
])(
  'viewers by TCP that vanish leave within 25 s, with $sender',
  { tags: ['A-SES-7', 'B-HALF'] },
  async (cell, context) => {
    requirePrograms(context, 'network namespace', 'nft', 'ffmpeg', 'gst-launch-1.0', 'gst rtspsrc')
    network = await WalledNetwork.start(undefined, { ...cell.options, pool: { timeout: 5 } })
    const { url } = network
    const viewers = [
      network.run('ffmpeg', ffmpeg(`${url}/test`)),
      network.run('gst-launch-1.0', gstreamer(`${url}/test`)),
      // Nothing but sender reports comes from there.
      network.run('ffmpeg', ffmpeg(`${url}/quiet`)),
      network.run('gst-launch-1.0', gstreamer(`${url}/quiet`)),
    ]
    const count = (name: string) => network?.events.filter(({ event }) => event === name).length
    expect(await until(() => count('created') === 4)).toBe(true)
    // They stay for longer than the timeout while their connections are whole.
    await settle(12_000, 'nothing must happen for longer than the timeout')
    expect(network.reasons).toEqual([])
    await network.cutConnections()
    const cutAt = performance.now()
    expect(await until(() => network?.reasons.length !== 0, 20_000)).toBe(true)
    expect(performance.now() - cutAt).toBeGreaterThan(9000)
    expect(await until(() => count('removed') === 4, 25_000 - (performance.now() - cutAt))).toBe(
      true,
    )
    expect(network.reasons).toEqual(Array(4).fill('slowReader'))
    for (const viewer of viewers) await viewer.stop()
  },
)
