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
    let isReady = false
    await until(() => {
      void canConnect(port).then((is) => (isReady ||= is))
      return isReady || !haproxy.isRunning
    })
    expect(haproxy.stderr).not.toContain('ALERT')
    const url = `rtsp://127.0.0.1:${port}/test`
    // Two newcomers in turn get different servers.
    const viewers = [await Viewer.join(url, 'tcp'), await Viewer.join(url, 'tcp')] as const
    const countOf = async ({ api }: ApiCommand) => (await api.call('getStats')).body.sessions.now
    expect([await countOf(servers[0]), await countOf(servers[1])]).toEqual([1, 1])
    servers[0].program.kill('SIGTERM')
    expect(await until(() => haproxy.stderr.includes('stopping'))).toBe(true)
    const late = [await Viewer.join(url, 'tcp'), await Viewer.join(url, 'tcp')]
    expect(await countOf(servers[1])).toBe(3)
    // The one that is there still plays, and is told to go by its own server.
    const before = viewers.map(({ packets }) => packets)
    const isPlaying = () => viewers.every(({ packets }, n) => packets > (before[n] ?? 0))
    expect(await until(isPlaying)).toBe(true)
    expect(await servers[0].program.ended(20_000)).toBe(0)
    expect(servers[0].printed).toContain('"reason":"drained"')
    expect(haproxy.stderr).not.toContain('no server available')
    await Promise.all([...viewers, ...late].map((viewer) => viewer.leave('close')))
    await haproxy.stop('SIGTERM')
    await Promise.all(servers.map((server) => server.stop()))
  })
})
