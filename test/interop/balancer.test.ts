import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ApiCommand } from './support/api-command.js'
import { fixedPorts } from './support/fixed-ports.js'
import { endPrograms, Program, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { Viewer } from './support/viewer.js'

/** Configuration of HAProxy as docs/guides/run-a-cluster.md has it, without a PROXY header and on one machine. */
const configurationOf = (port: number, token: string, servers: readonly ApiCommand[]) =>
  [
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    '  timeout client 1m',
    '  timeout server 1m',
    'listen rtsp',
    `  bind 127.0.0.1:${port}`,
    '  option httpchk',
    `  http-check send meth GET uri /v1/ready?otherwise=404 ver HTTP/1.1 hdr Host localhost hdr Authorization "Bearer ${token}"`,
    '  http-check disable-on-404',
    '  option redispatch',
    '  default-server check inter 200ms fall 3 rise 1 on-marked-down shutdown-sessions',
    ...servers.map(
      ({ rtspUrl, url }, n) =>
        `  server s${n} 127.0.0.1:${new URL(rtspUrl).port} port ${new URL(url).port}`,
    ),
    '',
  ].join('\n')

const patience = { timeout: 20_000, interval: 50 }

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  return isOpen.finally(() => socket.destroy())
}

describe('a server that drains behind HAProxy', { tags: 'B-DRAIN', timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-balancer-'))
  afterAll(async () => {
    await endPrograms()
    rmSync(folder, { recursive: true })
  })

  test('gets no newcomers any more, and ends its viewers in its own time', async (context) => {
    requirePrograms(context, 'haproxy')
    const port = fixedPorts.balancer[0]
    const first = await ApiCommand.start(['--drain-delay', '4', '--drain-seconds', '1'])
    const { body } = await first.api.call('createToken', {
      body: { name: 'balancer', role: 'metrics' },
    })
    // Both have the same tokens.
    const args = ['--api-tokens', join(first.folder, 'rtspool-tokens.json')]
    const servers = [first, await ApiCommand.start(args, { token: first.adminToken })] as const
    const file = join(folder, 'haproxy.cfg')
    writeFileSync(file, configurationOf(port, body.token, servers))
    const haproxy = new Program('haproxy', ['-db', '-f', file])
    await expect.poll(() => canConnect(port), patience).toBe(true)
    expect(haproxy.stderr).not.toContain('ALERT')
    const url = `rtsp://127.0.0.1:${port}/test`
    const countOf = async ({ api }: ApiCommand) => (await api.call('getStats')).body.sessions.now
    const viewers: Viewer[] = []
    const serveBoth = async () => {
      viewers.push(await Viewer.join(url, 'tcp'))
      return (await countOf(servers[0])) > 0 && (await countOf(servers[1])) > 0
    }
    await expect.poll(serveBoth, patience).toBe(true)
    const others = await countOf(servers[1])
    servers[0].program.kill('SIGTERM')
    expect(await until(() => haproxy.stderr.includes('stopping'))).toBe(true)
    // Those who are there still play, and are told to go by their own server.
    const before = viewers.map(({ packets }) => packets)
    const isPlaying = () => viewers.every(({ packets }, n) => packets > (before[n] ?? 0))
    expect(await until(isPlaying)).toBe(true)
    const late = [await Viewer.join(url, 'tcp'), await Viewer.join(url, 'tcp')]
    expect(await countOf(servers[1])).toBe(others + late.length)
    expect(await servers[0].program.ended(20_000)).toBe(0)
    expect(servers[0].printed).toContain('"reason":"drained"')
    expect(haproxy.stderr).not.toContain('no server available')
    await Promise.all([...viewers, ...late].map((viewer) => viewer.leave('close')))
    await haproxy.stop('SIGTERM')
    await Promise.all(servers.map((server) => server.stop()))
  })
})
