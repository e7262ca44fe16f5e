import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import type { ApiClient } from '../../packages/rtspool-server/test/api/api-client.js'
import { connectToApi } from './support/api-command.js'
import { ConfiguredCommand, type LogLine } from './support/configured-command.js'
import { endPrograms, Program, until } from './support/process.js'
import { publishWithFfmpeg } from './support/publishers.js'
import { Viewer } from './support/viewer.js'

// One command with two processes: they share ports, limits and bans through the memory of their parent.

const maxSessions = 5
const patience = { timeout: 30_000, interval: 100 }

interface Listed {
  readonly publicId: string
  readonly state: string
  readonly node: { readonly name?: string }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Returns whether a process has ended. Nobody may have reaped one whose parent has ended before. */
const hasEnded = (pid: number): boolean => {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

/** Process ids of the children that a command has started, by number; the last one of each. */
const childrenOf = (command: ConfiguredCommand): Map<number, number> =>
  new Map(
    command.lines('process started').map((line) => {
      const { child, pid } = line as LogLine & { readonly child: number; readonly pid: number }
      return [child, pid]
    }),
  )

describe('a command with two processes', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-processes-'))
  const config = [
    'rtsp: { host: 127.0.0.1, port: 0 }',
    'api: { port: 0 }',
    'watchConfig: false',
    'bans: { exempt: [] }',
    `limits: { maxSessions: ${maxSessions}, maxSessionsPerAddress: 0 }`,
    // No process is dead because it had to wait for a processor: its places would be free.
    'cluster: { processes: 2, node: here, leaseSeconds: 3, graceSeconds: 30 }',
  ].join('\n')
  const watching = new Set<Viewer>()
  const everyPid = new Set<number>()
  let command: ConfiguredCommand
  let api: ApiClient

  async function start(text = config, state = folder): Promise<ConfiguredCommand> {
    const started = await ConfiguredCommand.start(text, [], { STATE_DIRECTORY: state })
    await started.line('processes ready')
    return started
  }

  beforeAll(async () => {
    command = await start()
    api = await connectToApi(command.program)
    for (const pid of childrenOf(command).values()) everyPid.add(pid)
  }, 60_000)
  afterAll(async () => {
    await Promise.all([...watching].map((viewer) => viewer.leave('close')))
    await command.stop()
    await endPrograms()
    for (const pid of everyPid) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  /** @returns `undefined` if the limit refuses the viewer */
  async function watch(): Promise<Viewer | undefined> {
    try {
      const viewer = await Viewer.join(`${command.url}/test`, 'tcp')
      watching.add(viewer)
      return viewer
    } catch (error) {
      expect(String(error)).toMatch(/SETUP: RTSP\/1.0 503/)
      return undefined
    }
  }
  /** Adds viewers up to the limit, and tries two more, one with each process. */
  async function fill(): Promise<void> {
    await expect
      .poll(async () => {
        await watch()
        return watching.size
      }, patience)
      .toBe(maxSessions)
    expect([await watch(), await watch()]).toEqual([undefined, undefined])
  }
  async function sessions(): Promise<readonly Listed[]> {
    const { status, body } = await api.call('listSessions')
    expect(status).toBe(200)
    return (body as { readonly sessions: readonly Listed[] }).sessions
  }
  /** Number of times that a process was ready. */
  const readyCount = (number: number) =>
    command.lines('ready').filter((line) => (line as { process?: number }).process === number)
      .length
  const expectSessions = (count: number) =>
    expect.poll(async () => (await sessions()).length, patience).toBe(count)

  it('serves clients whose HTTP tunnels begin at one process and end at the other', async () => {
    const args = ['-v', 'error', '-rtsp_transport', 'http', '-show_entries', 'stream=codec_name']
    for (let round = 0; round < 2; round++) {
      const probe = new Program('ffprobe', [...args, `${command.url}/test`])
      expect([await probe.exited, probe.stderr]).toEqual([0, ''])
      expect(probe.stdout).toContain('codec_name=h264')
    }
    await expectSessions(0)
  })

  it('plays with both processes what is published at one of them', async () => {
    const url = `${command.url}/live/x`
    const publisher = publishWithFfmpeg({ url, transport: 'tcp' })
    const states = async () => (await sessions()).map(({ state }) => state)
    await expect.poll(states, patience).toEqual(['Recording'])
    const viewers = [await Viewer.join(url, 'tcp'), await Viewer.join(url, 'tcp')]
    expect(await until(() => viewers.every(({ packets }) => packets > 50))).toBe(true)
    let holder: string | undefined
    const findHolder = async () => {
      const { body } = await api.call('getCluster')
      const { streams, nodes } = body as {
        readonly streams: readonly { readonly path: string; readonly server: string }[]
        readonly nodes: readonly { readonly tag: string; readonly name: string }[]
      }
      expect(streams.map(({ path }) => path)).toEqual(['/live/x'])
      holder = nodes.find(({ tag }) => tag === streams[0]?.server)?.name
      return holder
    }
    await expect.poll(findHolder, patience).toMatch(/^here\/[12]$/)
    // The publisher, its viewer and the pull of the other process are where the stream is.
    await expect
      .poll(async () => (await sessions()).map(({ node }) => node.name === holder).sort(), patience)
      .toEqual([false, true, true, true])
    await Promise.all(viewers.map((viewer) => viewer.leave('teardown')))
    await publisher.stop()
    await expectSessions(0)
  })

  it('spreads viewers over the processes, under one limit', async () => {
    await fill()
    await expectSessions(maxSessions)
    const names = async () => [...new Set((await sessions()).map(({ node }) => node.name))].sort()
    await expect.poll(names, patience).toEqual(['here/1', 'here/2'])
    const [, url] = /control API on (\S+)/.exec(command.program.stdout) ?? []
    const [token] = /rtspool_\S+/.exec(command.program.stdout) ?? []
    const playing = /^rtspool_sessions\{process="([12])",state="Playing"\} (\d+)$/gm
    // The metrics of a process that needs more than a second are missing.
    const counts = async () => {
      const reply = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
      const found = [...(await reply.text()).matchAll(playing)]
      const sum = found.reduce((all, [, , count]) => all + Number(count), 0)
      return [...found.map(([, number]) => number), sum]
    }
    await expect.poll(counts, patience).toEqual(['1', '2', maxSessions])
  })

  it('ends a session of the other process', async () => {
    let other: Listed | undefined
    const findOther = async () => {
      other = (await sessions()).find(({ node }) => node.name === 'here/2')
      return other
    }
    await expect.poll(findOther, patience).toBeDefined()
    const publicId = other?.publicId ?? ''
    const { status } = await api.call('kickSession', {
      params: { publicId },
      body: {},
    })
    expect(status).toBe(200)
    await expectSessions(maxSessions - 1)
    expect((await sessions()).some((each) => each.publicId === publicId)).toBe(false)
  })

  it('starts a process again that was killed, and the viewers of the other one notice nothing', async () => {
    const victim = childrenOf(command).get(2) as number
    const survivors = (await sessions()).filter(({ node }) => node.name === 'here/1').length
    process.kill(victim, 'SIGSTOP')
    // One of two connections is on its way to the process that stands still.
    const { hostname, port } = new URL(command.url)
    const newcomers = [1, 2].map(() => connect(Number(port), hostname))
    let closed = 0
    let answered = 0
    for (const socket of newcomers) {
      socket.once('data', () => answered++).once('close', () => closed++)
      socket.on('error', () => {}).write('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n')
    }
    expect(await until(() => answered === 1)).toBe(true)
    process.kill(victim, 'SIGKILL')
    expect(await until(() => closed === 1)).toBe(true)
    for (const socket of newcomers) socket.destroy()
    await expect.poll(() => readyCount(2), patience).toBe(2)
    expect(childrenOf(command).get(2)).not.toBe(victim)
    everyPid.add(childrenOf(command).get(2) as number)
    await expectSessions(survivors)
    // Viewers of the process that has ended have no connection any more.
    const before = new Map([...watching].map((viewer) => [viewer, viewer.packets]))
    const receives = (viewer: Viewer) => viewer.packets > (before.get(viewer) ?? 0)
    expect(await until(() => [...watching].filter(receives).length === survivors)).toBe(true)
    for (const viewer of [...watching].filter((each) => !receives(each))) {
      watching.delete(viewer)
      await viewer.leave('close')
    }
    await fill()
    await expectSessions(maxSessions)
  })

  it('reloads the configuration of both at SIGHUP', async () => {
    command.replace(config.replace('maxSessions: 5', 'maxSessions: 4'))
    command.program.kill('SIGHUP')
    const processes = () =>
      command.lines('configuration reloaded').map((line) => (line as { process?: number }).process)
    await expect.poll(() => new Set(processes()), patience).toEqual(new Set([1, 2]))
  })

  it('ends completely at SIGTERM', async () => {
    expect(await command.program.stop('SIGTERM', 40_000)).toBe(0)
    expect([...everyPid].filter(isAlive)).toEqual([])
    expect(command.lines('processes closed')).toHaveLength(1)
  })

  it('has one program of a source for the viewers of both, also after the death of its process', async () => {
    const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '10']
    const input = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=20']
    const made = ['ffmpeg', '-v', 'error', ...input, ...encoder, '-f', 'mpegts', '-']
    const source = { lingerSeconds: 2, startSeconds: 25, exec: { command: made } }
    // The first path is that of process 1, the other one that of process 2.
    const text = config.replace('maxSessions: 5', 'maxSessions: 0')
    const sources = JSON.stringify({ '/attic': source, '/desk': source })
    const state = mkdtempSync(join(folder, 'sources-'))
    const shared = await start(`${text}\nsources: ${sources}`, state)
    const sharedApi = await connectToApi(shared.program)
    for (const pid of childrenOf(shared).values()) everyPid.add(pid)
    const url = `${shared.url}/desk`
    const viewers: Viewer[] = []
    for (let count = 0; count < 4; count++) viewers.push(await Viewer.join(url, 'tcp'))
    const plays = (viewer: Viewer, since = 0) => viewer.packets > since + 10
    expect(await until(() => viewers.every((viewer) => plays(viewer)))).toBe(true)
    const processOf = (line: LogLine) => (line as { process?: number }).process
    const running = () => shared.lines('source running').map(processOf)
    expect(new Set(running())).toEqual(new Set([2]))
    const listed = async () => {
      const { body } = await sharedApi.call('listSources')
      const { sources: all } = body as { readonly sources: readonly Record<string, unknown>[] }
      return all.map(({ path, state }) => `${path} ${state}`)
    }
    const shown = (state: string) => ['/attic idle', `/desk ${state}`]
    await expect.poll(listed, patience).toEqual(shown('running'))
    process.kill(childrenOf(shared).get(2) as number, 'SIGKILL')
    await expect.poll(() => running().at(-1), patience).toBe(1)
    // The viewers of the process that lives go on.
    const before = new Map(viewers.map((viewer) => [viewer, viewer.packets]))
    const onward = () => viewers.filter((viewer) => plays(viewer, before.get(viewer)))
    await expect.poll(() => onward().length, patience).toBeGreaterThan(0)
    await shared.line('ready', 3)
    for (const pid of childrenOf(shared).values()) everyPid.add(pid)
    // The process that is back takes no source back, but serves its viewers.
    for (let count = 0; count < 2; count++) viewers.push(await Viewer.join(url, 'tcp'))
    expect(await until(() => viewers.slice(-2).every((viewer) => plays(viewer)))).toBe(true)
    expect(running().at(-1)).toBe(1)
    await Promise.all(viewers.map((viewer) => viewer.leave('close')))
    await expect.poll(listed, patience).toEqual(shown('idle'))
    await shared.stop()
  })

  it('leaves nobody at a second signal, neither a process that hangs nor programs of sources', async () => {
    // The first signal waits for programs that end at SIGKILL alone. Each process runs one of them.
    const script =
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.error(process.pid)"
    const exec = { command: [process.execPath, '-e', script], stopSeconds: 60 }
    const source = { alwaysOn: true, startSeconds: 25, exec }
    const both = { '/desk': source, '/door': source }
    const sources = `sources: ${JSON.stringify(both)}`
    const hurried = await start(`${config}\n${sources}`)
    const programs = () =>
      hurried.lines('program says').map((line) => Number((line as { line?: string }).line))
    const areFound = await until(() => programs().length === 2)
    const children = childrenOf(hurried)
    const pids = [...children.values(), ...programs()]
    for (const pid of pids) everyPid.add(pid)
    expect([areFound, pids.filter(hasEnded)]).toEqual([true, []])
    process.kill(children.get(2) as number, 'SIGSTOP')
    hurried.program.kill('SIGTERM')
    await hurried.line('closing')
    await settle(600, 'signals within half a second count as one')
    expect(pids.filter(hasEnded)).toEqual([])
    expect(await hurried.program.stop('SIGTERM', 20_000)).toBe(143)
    expect(await until(() => pids.every(hasEnded))).toBe(true)
    await hurried.stop()
  })

  it('ends when the parent is killed', async () => {
    const orphaned = await start()
    const pids = [...childrenOf(orphaned).values()]
    for (const pid of pids) everyPid.add(pid)
    expect(pids.filter(isAlive)).toHaveLength(2)
    orphaned.program.kill('SIGKILL')
    expect(await until(() => !pids.some(isAlive))).toBe(true)
    const socket = connect(Number(new URL(orphaned.url).port), '127.0.0.1')
    const [error] = await once(socket, 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    await orphaned.stop()
  })
})
