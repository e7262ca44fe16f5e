import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { MediaFiles } from '../interop/support/media-files.js'
import { endPrograms, Program } from '../interop/support/process.js'
import { requirePrograms } from '../interop/support/programs.js'
import { framesOf, hasPicture, nalUnitsOf } from '../upstreams/contents.mjs'

const hostFile = fileURLToPath(new URL('support/live555-host.mjs', import.meta.url))
const server = spawnSync('which', ['live555MediaServer'], { encoding: 'utf8' }).stdout.trim()
/** A network with one address: the server does not start with the loopback alone. */
const network = [
  'ip link set lo up',
  'ip link add lan0 type veth peer name lan1',
  'ip addr add 10.9.8.7/24 dev lan0',
  'ip link set lan0 up',
  'ip link set lan1 up',
  // The server does not take its port again from connections in TIME_WAIT, so none may stay.
  'echo 0 > /proc/sys/net/ipv4/tcp_max_tw_buckets',
  'exec "$@"',
].join(' && ')
const packetsOfTs = 7 * 188

interface Pulled {
  readonly transport: string
  readonly stats: Readonly<Record<string, number>>
  /** Hashes of NAL units, frames of sound, or payloads of MPEG-TS, by kind of track. */
  readonly received: { readonly video: readonly string[]; readonly audio: readonly string[] }
}

describe('rtspool/client and live555MediaServer', { concurrent: true }, () => {
  let files: MediaFiles
  let [film, stream] = ['', '']
  /** Units of the film, which are copied to files once: the tests run beside each other. */
  let units: ReturnType<typeof unitsOf> | undefined
  beforeAll(async () => {
    files = await MediaFiles.create()
    if (server === '') return
    const options = { seconds: 10, video: 'h264', audio: 'aac' } as const
    film = await files.make({ ...options, name: 'film.mkv' })
    stream = await files.make({ ...options, name: 'film.ts' })
    await files.make({
      ...options,
      name: 'long.mkv',
      seconds: 120,
      picture: 'color=size=160x96:rate=25',
    })
  }, 60_000)
  afterAll(async () => {
    await endPrograms()
    await files.remove()
  })

  /** Runs the host in a network of its own. @returns What it prints. */
  async function run<Facts>(context: TestContext, ...args: string[]): Promise<Facts> {
    if (server === '')
      return context.skip('no live555MediaServer is on the PATH; npm run test:players brings one')
    requirePrograms(context, 'ffmpeg', 'network namespace')
    const host = [process.execPath, '--no-warnings', hostFile, dirname(film), server, ...args]
    const program = new Program('unshare', ['-rn', 'sh', '-c', network, 'sh', ...host])
    context.expect([await program.ended(50_000), program.stderr]).toEqual([0, ''])
    return JSON.parse(program.stdout) as Facts
  }

  test.for(['tcp', 'udp', 'http'])(
    'pulls MPEG-TS for 10 s over %s, byte for byte',
    async (transport, context) => {
      const pulled = await run<Pulled>(context, 'pull', transport, 'film.ts')
      context
        .expect(pulled)
        .toMatchObject({ transport, stats: { lostPackets: 0, invalidPackets: 0 } })
      const bytes = await readFile(stream)
      const sent = Array.from({ length: Math.ceil(bytes.length / packetsOfTs) }, (_, at) =>
        hashOf(bytes.subarray(at * packetsOfTs, (at + 1) * packetsOfTs)),
      )
      context.expect(sent.length).toBeGreaterThan(100)
      context.expect(pulled.received.video).toEqual(sent)
    },
  )

  test.for(['tcp', 'udp', 'http'])(
    'pulls pictures and sound for 10 s over %s, each as in the file',
    async (transport, context) => {
      const pulled = await run<Pulled>(context, 'pull', transport, 'film.mkv')
      context
        .expect(pulled)
        .toMatchObject({ transport, stats: { lostPackets: 0, invalidPackets: 0 } })
      units ??= unitsOf(film)
      const { video, audio } = await units
      context.expect(video).toHaveLength(250)
      const received = pulled.received.video.filter((hash) => video.includes(hash))
      context.expect(received).toEqual(video)
      context.expect(pulled.received.audio).toEqual(audio)
    },
  )

  test('sees the picture again, by itself, after the server was killed', async (context) => {
    const seen = await run<object>(context, 'return', 'long.mkv')
    context.expect(seen).toMatchObject({
      ...{ hasPlayed: true, wasAway: true, isBack: true, lost: 0 },
      status: { state: 'playing', attempts: 0 },
    })
  })
})

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64')

/** Returns the hashes of the NAL units with pictures, and of the frames of AAC, that ffmpeg finds in a file. */
async function unitsOf(file: string) {
  const copied = async (...args: string[]): Promise<Buffer> => {
    const path = `${file}.${args.at(-1)}-${args.length}-copy`
    const program = new Program('ffmpeg', ['-v', 'error', '-y', '-i', file, ...args, path])
    expect([await program.ended(30_000), program.stderr]).toEqual([0, ''])
    return readFile(path)
  }
  const annexB = await copied(
    '-map',
    '0:v',
    '-c',
    'copy',
    '-bsf:v',
    'h264_mp4toannexb',
    '-f',
    'h264',
  )
  const adts = await copied('-map', '0:a', '-c', 'copy', '-f', 'adts')
  const video = nalUnitsOf(annexB).filter(hasPicture)
  return { video: video.map(hashOf), audio: framesOf(adts).map(hashOf) }
}
