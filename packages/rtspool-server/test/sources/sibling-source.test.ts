import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { RtspServer } from 'rtspool'
import { connect } from 'rtspool/client'
import type { ClusterNode } from 'rtspool/cluster'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { picture } from '../../../rtspool/test/support/nal-stream.js'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import type { ChildMessage } from '../../src/processes/process-messages.js'
import { SourceAssignment } from '../../src/processes/source-assignment.js'
import { SourceShares } from '../../src/processes/source-shares.js'
import type { ProgramListener, StartProgram } from '../../src/sources/exec/program.js'
import { SiblingSource } from '../../src/sources/sibling-source.js'
import { type SourcePlan, SourceService } from '../../src/sources/source-service.js'
import type { SourceStatus } from '../../src/sources/source-status.js'
import { execPlan } from './exec/exec-scene.js'

const path = '/garage'
const plan = execPlan({ path, command: ['camera'], lingerSeconds: 0 })

/** Two processes of one server, in one: servers with sources that they share, and the parent's list of owners. */
async function startProcesses(plans: readonly SourcePlan[] = [plan]) {
  const assignment = new SourceAssignment(2)
  const ports = new Map<number, number>()
  const running: { readonly child: number; readonly listener: ProgramListener }[] = []
  const clock = new ManualClock()
  const shares = new Map<number, SourceShares>()
  const tellAll = () => {
    const notice = { kind: 'assignment', owners: assignment.owners, tags: {} } as const
    for (const each of shares.values()) each.noteAssignment(notice)
  }
  const headersOf: [string, string][] = []
  const peers = { headers: () => headersOf } as unknown as ClusterNode['peers']
  const start = async (number: number) => {
    const tellParent = (message: ChildMessage): void => {
      if (message.kind === 'sourcePaths') {
        assignment.want(number, message.paths)
        tellAll()
      } else if (message.kind === 'sourceStates') {
        for (const [other, each] of shares) if (other !== number) each.noteStates(message)
      }
    }
    const share = new SourceShares({
      ...{ number, tellParent, clock },
      portOf: (each) => ports.get(each),
    })
    shares.set(number, share)
    const server = new RtspServer({ host: '127.0.0.1', port: 0, udpPorts: false })
    const program: StartProgram = (_, listener) => {
      const entry = { child: number, listener }
      running.push(entry)
      return {
        pid: 1,
        stop: () => {
          running.splice(running.indexOf(entry), 1)
          listener.ended({ code: 0, signal: null, notStarted: undefined })
        },
      }
    }
    const sources = new SourceService(server.mounts, {
      start: program,
      shares: await share.begin(plans, peers),
    })
    sources.update(plans)
    await server.listen()
    ports.set(number, server.address().port)
    share.follow(sources)
    for (const each of shares.values()) each.notePorts()
    const end = async () => {
      share.close()
      shares.delete(number)
      ports.delete(number)
      await sources.close()
      await server.close()
    }
    onTestFinished(end)
    return { server, sources, end, url: `rtsp://127.0.0.1:${server.address().port}${path}` }
  }
  const processes = [await start(1), await start(2)] as const
  let pictures = 0
  const feed = async () => {
    running.at(-1)?.listener.stdout(Buffer.from(picture('h264', pictures++)))
    await nextTurn()
  }
  return { processes, running, assignment, tellAll, feed }
}

/** A viewer, and the number of packets that it has received. */
async function watch(url: string) {
  const client = await connect(url, { transports: ['tcp'] })
  onTestFinished(() => client.close())
  const viewer = { client, packets: 0, hasEnded: false }
  client.tracks[0]?.pipe({ push: () => void viewer.packets++, mapTime: () => {} })
  client.once('closed', () => {
    viewer.hasEnded = true
  })
  await client.play()
  return viewer
}

describe('SiblingSource', { timeout: 20_000 }, () => {
  it('lets one process run the program for the viewers of both', async () => {
    const { processes, running, feed } = await startProcesses()
    const [one, two] = processes
    const states: SourceStatus[] = []
    two.sources.on('changedElsewhere', (status) => states.push(status))
    expect([one.sources.ownStatuses.length, two.sources.ownStatuses.length]).toEqual([1, 0])
    expect(two.sources.statuses).toMatchObject([{ path, state: 'idle', kind: 'exec' }])
    const coming = watch(two.url)
    await until(() => running.length > 0)
    expect(running.map(({ child }) => child)).toEqual([1])
    let viewer: Awaited<typeof coming> | undefined
    void coming.then((each) => {
      viewer = each
    })
    await until(() => (viewer?.packets ?? 0) > 3, feed)
    expect(running.map(({ child }) => child)).toEqual([1])
    expect(two.sources.statuses).toMatchObject([{ state: 'running', source: 'camera' }])
    expect(states.slice(0, 2).map(({ state }) => state)).toEqual(['starting', 'running'])
    await viewer?.client.close()
    await until(() => running.length === 0)
    await until(() => two.sources.statuses[0]?.state === 'idle')
  })

  it('tells a viewer at once that the program of another process cannot be started', async () => {
    const { processes, running } = await startProcesses()
    const coming = connect(processes[1].url)
    const refused = expect(coming).rejects.toMatchObject({ statusCode: 503 })
    await until(() => running.length > 0)
    const [program] = running.splice(0)
    program?.listener.ended({ code: null, signal: null, notStarted: 'no such program' })
    await refused
    expect(running).toEqual([])
  })

  it('goes on for its viewers when this process gets the source of one that has ended', async () => {
    const { processes, running, assignment, tellAll, feed } = await startProcesses()
    const [one, two] = processes
    const coming = watch(two.url)
    let viewer: Awaited<typeof coming> | undefined
    void coming.then((each) => {
      viewer = each
    })
    await until(() => (viewer?.packets ?? 0) > 3, feed)
    await one.end()
    assignment.end(1)
    tellAll()
    const before = viewer?.packets ?? 0
    await until(() => (viewer?.packets ?? 0) > before + 3, feed)
    expect(running.map(({ child }) => child)).toEqual([2])
    expect(viewer?.hasEnded).toBe(false)
    expect(two.sources.ownStatuses).toMatchObject([{ path, state: 'running' }])
    // Without the source, the viewer has nothing to wait for.
    two.sources.update([])
    await until(() => two.server.pool.size === 0)
    await until(() => running.length === 0)
  })

  it('waits for the owner as long as the plan says, also after a change of the plan', async () => {
    const clock = new ManualClock()
    // An owner that waits for its camera.
    const connections: Socket[] = []
    const owner = createServer((socket) => {
      connections.push(socket)
      socket.on('error', () => {})
      socket.resume()
    })
    await once(owner.listen(0, '127.0.0.1'), 'listening')
    const { port } = owner.address() as AddressInfo
    const source = new SiblingSource(plan, { url: `rtsp://127.0.0.1:${port}${path}` }, clock)
    source.setPlan({ ...plan, startSeconds: 25 })
    const server = new RtspServer({ host: '127.0.0.1', port: 0, udpPorts: false })
    server.on('requestFailed', () => {})
    server.mounts.add(path, source.factory)
    await server.listen()
    const refused = connect(`rtsp://127.0.0.1:${server.address().port}${path}`).catch(String)
    await until(() => (connections[0]?.bytesRead ?? 0) > 0)
    for (let second = 1; second < 25; second++) {
      clock.advance(1000)
      await nextTurn()
    }
    expect([connections.length, connections[0]?.destroyed]).toEqual([1, false])
    // The owner may need two seconds more for its own refusal.
    clock.advance(4000)
    expect(await refused).toContain('503')
    await Promise.all([source.close(), server.close()])
    for (const socket of connections) socket.destroy()
    owner.close()
  })
})
