import { afterEach, describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { endPrograms, Program, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { Republisher, type Rewrite } from './support/republisher.js'
import { type RunningServer, startCommand, startServer } from './support/server.js'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await endPrograms()
})

/** Shows pictures when their time has come, as a player with a screen does. */
function watch(url: string, transport: string) {
  const program = new Program('gst-launch-1.0', [
    ...['-v', 'rtspsrc', `location=${url}`, `protocols=${transport}`, 'latency=200', '!'],
    ...['rtph264depay', '!', 'h264parse', '!', 'avdec_h264', '!'],
    ...['fakesink', 'name=screen', 'sync=true', 'qos=true', 'silent=false'],
  ])
  const pictures = (): number => program.stdout.split('last-message = chain').length - 1
  return { program, pictures }
}

/** What a publisher does to its packets from the moment on that it breaks. */
const breaks: Record<string, Rewrite> = {
  'jumps 60 s ahead': (packet, track) => {
    packet.writeUInt32BE((packet.readUInt32BE(4) + 60 * (track === 0 ? 90_000 : 48_000)) >>> 0, 4)
  },
  'jumps 60 s back': (packet, track) => {
    packet.writeUInt32BE((packet.readUInt32BE(4) - 60 * (track === 0 ? 90_000 : 48_000)) >>> 0, 4)
  },
  'goes on with another SSRC': (packet, track) => {
    packet.writeUInt32BE(0x1234_5678 + track, 8)
  },
  'begins anew with all of its numbers': (packet, track) => {
    packet.writeUInt16BE((packet.readUInt16BE(2) + 20_000) & 0xffff, 2)
    packet.writeUInt32BE((packet.readUInt32BE(4) + 2 ** 31) >>> 0, 4)
    packet.writeUInt32BE(0x9876_5432 + track, 8)
  },
}

const secondsMs = 1000

async function start(...args: string[]): Promise<{ source: RunningServer; relay: RunningServer }> {
  const source = await startServer()
  closing.push(() => source.close())
  const relay = await startCommand(...args)
  closing.push(() => relay.close())
  return { source, relay }
}

const cases = [
  ...Object.keys(breaks).map((name) => [name, 'tcp'] as const),
  ['jumps 60 s ahead', 'udp'],
  ['goes on with another SSRC', 'udp'],
] as const

describe('--timeline continuous', { tags: 'P-5' }, () => {
  test.for(cases)(
    'GStreamer shows pictures on when the publisher %s, over %s',
    { timeout: 60 * secondsMs },
    async ([name, transport], context) => {
      requirePrograms(context, ...gstreamerPlayer)
      const { source, relay } = await start(
        ...['--timeline', 'continuous', '--udp-ports', '20200-20299'],
      )
      const rewrite = breaks[name] as Rewrite
      let isBroken = false
      const url = `${relay.url}/live/cam`
      const publisher = await Republisher.start(`${source.url}/test`, url, (packet, track) => {
        if (isBroken) rewrite(packet, track)
      })
      closing.push(() => publisher.close())
      const { program, pictures } = watch(url, transport)
      closing.push(async () => void (await program.stop('SIGKILL')))
      expect(await until(() => pictures() > 50, 20 * secondsMs), program.stderr).toBe(true)
      isBroken = true
      const before = pictures()
      // 100 pictures are sent in these 4 s; some of the first were on their way.
      await settle(4 * secondsMs, 'the pictures of these seconds are counted')
      expect(pictures() - before).toBeGreaterThan(75)
      expect(program.isRunning).toBe(true)
    },
  )
})
