import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { configSchema } from '../../src/config/schema.js'
import { healthcheckCommand } from '../../src/health/healthcheck-command.js'
import { ownUrl } from '../../src/health/own-url.js'
import { CollectedOutput } from '../collected-output.js'

const servers = new Set<Server>()
const folders = new Set<string>()

afterEach(async () => {
  for (const server of servers) await new Promise((closed) => server.close(closed))
  servers.clear()
  for (const folder of folders) rmSync(folder, { recursive: true })
  folders.clear()
})

/** Starts a server that does something with each connection. */
async function portOf(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer(serve)
  servers.add(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
}

const respondWith = (text: string) => (socket: Socket) =>
  void socket.once('data', () => socket.end(text))

async function outcomeOf(args: readonly string[], environment: Record<string, string> = {}) {
  const output = new CollectedOutput()
  const code = await healthcheckCommand(args, output, environment)
  return { code, ...output.text }
}

describe('rtspool healthcheck', () => {
  it.each([200, 401, 503])('counts a server that responds with %i as healthy', async (status) => {
    const port = await portOf(respondWith(`RTSP/1.0 ${status} Reason\r\nCSeq: 1\r\n\r\n`))
    expect(await outcomeOf([`rtsp://127.0.0.1:${port}/`])).toEqual({
      code: 0,
      stdout: `healthy: 127.0.0.1:${port} responds with ${status}\n`,
      stderr: '',
    })
  })

  it('reads a status line that arrives byte by byte', async () => {
    const port = await portOf((socket) => {
      const bytes = [...'RTSP/1.0 200 OK\r\n\r\n']
      const sendNext = (): void => {
        const [byte] = bytes.splice(0, 1)
        if (byte === undefined) socket.end()
        else socket.write(byte, sendNext)
      }
      socket.once('data', sendNext)
    })
    expect((await outcomeOf([`rtsp://127.0.0.1:${port}/`])).code).toBe(0)
  })

  it.each([
    ['another protocol', respondWith('HTTP/1.1 200 OK\r\n\r\n')],
    ['bytes without end', respondWith('x'.repeat(4096))],
    ['nothing', (socket: Socket) => void socket.resume().end()],
  ])('counts a server that sends %s as unhealthy', async (_, serve) => {
    const port = await portOf(serve)
    expect(await outcomeOf([`rtsp://127.0.0.1:${port}/`])).toEqual({
      code: 1,
      stdout: '',
      stderr: `unhealthy: 127.0.0.1:${port} does not speak RTSP\n`,
    })
  })

  it('says why nobody responds', async () => {
    const port = await portOf(() => undefined)
    for (const server of servers) await new Promise((closed) => server.close(closed))
    servers.clear()
    const { code, stderr } = await outcomeOf([`rtsp://localhost:${port}/`])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^unhealthy: localhost:\d+: .*ECONNREFUSED.*\n$/)
  })

  it('asks at the address of the configuration, and the environment wins over the file', async () => {
    const port = await portOf(respondWith('RTSP/1.0 200 OK\r\n\r\n'))
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-health-'))
    folders.add(folder)
    const file = join(folder, 'rtspool.yml')
    writeFileSync(file, `rtsp: { port: ${port}, host: 0.0.0.0 }\n`)
    const healthy = { code: 0, stdout: `healthy: 127.0.0.1:${port} responds with 200\n` }
    expect(await outcomeOf(['--config', file])).toMatchObject(healthy)
    expect(await outcomeOf([], { RTSPOOL_CONFIG: file })).toMatchObject(healthy)
    writeFileSync(file, 'rtsp: { port: 1 }\n')
    const variables = { RTSPOOL_CONFIG: file, RTSPOOL_RTSP_PORT: String(port) }
    expect(await outcomeOf([], variables)).toMatchObject(healthy)
  })

  it.each([
    [['rtsp://127.0.0.1/', '--timeout', '0'], 2],
    [['--config', '/nowhere/rtspool.yml'], 2],
    [['a', 'b'], 2],
    [['--help'], 0],
    [['http://127.0.0.1/'], 1],
    [['nonsense'], 1],
  ])('of %j ends with %i', async (args, code) => {
    expect((await outcomeOf(args)).code).toBe(code)
  })
})

describe('the address of the own server', () => {
  it.each([
    [{}, 'rtsp://127.0.0.1:8554/'],
    [{ rtsp: { host: '192.0.2.1', port: 554 } }, 'rtsp://192.0.2.1:554/'],
    [{ rtsp: { host: '::' } }, 'rtsp://[::1]:8554/'],
    [{ rtsp: { host: 'fd00::1' } }, 'rtsp://[fd00::1]:8554/'],
    [{ rtsp: { port: false as const } }, 'rtsps://127.0.0.1:8322/'],
    [{ rtsp: { port: false as const, host: '192.0.2.1' } }, 'rtsps://192.0.2.1:8322/'],
    [{ rtsp: { port: false as const }, tls: { host: '::1', port: 322 } }, 'rtsps://[::1]:322/'],
  ])('with %j is %s', (input, url) => {
    expect(ownUrl(configSchema.parse(input))).toBe(url)
  })
})
