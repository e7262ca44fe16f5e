import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { type PlayOptions, playWithFfmpeg } from '../interop/support/players.js'
import { endPrograms } from '../interop/support/process.js'
import { requirePrograms } from '../interop/support/programs.js'
import { publishWithFfmpeg } from '../interop/support/publishers.js'

const script = fileURLToPath(new URL('support/server.mjs', import.meta.url))

interface Ports {
  readonly port: number
  readonly tlsPort: number
  readonly sendPaths: { readonly tcp: string; readonly udp: string }
}

describe('on Deno', { tags: 'U-12' }, () => {
  let server: ChildProcessWithoutNullStreams
  let ports: Ports
  const url = (path: string, login = '') => `rtsp://${login}127.0.0.1:${ports.port}${path}`

  beforeAll(async () => {
    server = spawn('deno', ['run', '--allow-all', script])
    server.stderr.pipe(process.stderr)
    const [line] = (await once(server.stdout, 'data')) as [Buffer]
    ports = JSON.parse(line.toString())
  })

  afterAll(async () => {
    await endPrograms()
    server.kill('SIGKILL')
  })

  const expectDecoded = async (options: Omit<PlayOptions, 'seconds'>): Promise<void> => {
    const { errors, videoFrames } = await playWithFfmpeg({ ...options, seconds: 3 })
    expect(errors).toEqual([])
    expect(videoFrames).toBeGreaterThanOrEqual(2 * 25)
  }

  test('the system calls of Node sockets are left alone, without being told', () => {
    expect(ports.sendPaths).toEqual({ tcp: 'stream', udp: 'dgram' })
  })

  test.for(['tcp', 'udp', 'http', 'multicast'] as const)(
    'ffmpeg plays over %s',
    async (transport, context) => {
      requirePrograms(context, 'ffmpeg')
      await expectDecoded({ url: url('/test'), transport })
    },
  )

  test('ffmpeg plays over TLS', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const secure = `rtsps://127.0.0.1:${ports.tlsPort}/test`
    await expectDecoded({ url: secure, transport: 'tcp' })
  })

  test('ffmpeg logs in with Digest', async (context) => {
    requirePrograms(context, 'ffmpeg')
    await expectDecoded({ url: url('/private', 'ann:secret@'), transport: 'tcp' })
    const refused = await playWithFfmpeg({ url: url('/private'), transport: 'tcp', seconds: 1 })
    expect(refused.errors.join()).toContain('401')
  })

  test.for(['tcp', 'udp'] as const)(
    'ffmpeg publishes over %s, and the other way brings it to viewers',
    async (transport, context) => {
      requirePrograms(context, 'ffmpeg')
      const live = url(`/live/${transport}`)
      publishWithFfmpeg({ url: live, transport })
      await settle(2000, 'the publisher needs a moment to announce')
      await expectDecoded({ url: live, transport: transport === 'tcp' ? 'udp' : 'tcp' })
    },
  )

  test('nothing has failed, and the server ends', async () => {
    await endPrograms()
    const rest = text(server.stdout)
    const ended = once(server, 'exit')
    server.stdin.end()
    const [code] = await ended
    expect(code).toBe(0)
    expect(JSON.parse(await rest)).toEqual({ failures: [], sessions: 0 })
  })
})
