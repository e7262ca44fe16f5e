import { MountPoints } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { until } from '../../../rtspool/test/support/until.js'
import type { AssignmentNotice, ChildMessage } from '../../src/processes/process-messages.js'
import { SourceShares } from '../../src/processes/source-shares.js'
import { SourceService } from '../../src/sources/source-service.js'
import type { SourceStatus } from '../../src/sources/source-status.js'
import { execPlan } from '../sources/exec/exec-scene.js'

const plans = [execPlan({ path: '/attic' }), execPlan({ path: '/front door' })]
const peers = { headers: (_: unknown, { to }: { readonly to: string }) => [['To', to]] }
const assignment = (
  owners: Readonly<Record<string, number>>,
  tags: Readonly<Record<number, string>> = {},
): AssignmentNotice => ({ kind: 'assignment', owners, tags })

/** Process 1 of two: its shares, its ports as it knows them, and its messages to the parent. */
function createShares() {
  const clock = new ManualClock()
  const ports = new Map<number, number>()
  const messages: ChildMessage[] = []
  const shares = new SourceShares({
    ...{ number: 1, clock },
    portOf: (number) => ports.get(number),
    tellParent: (message) => void messages.push(message),
  })
  /** Begins with the owners of both paths. */
  const begin = async (owners: Readonly<Record<string, number>>) => {
    const begun = shares.begin(plans, peers as never)
    shares.noteAssignment(assignment(owners, { 2: 'b' }))
    return await begun
  }
  /** Paths whose statuses have been told since the last call. */
  const told = () =>
    messages
      .splice(0)
      .flatMap((message) => (message.kind === 'sourceStates' ? message.statuses : []))
      .map(({ path }) => path)
  const serve = async (owners: Readonly<Record<string, number>>) => {
    const programs: { write(bytes: number): void }[] = []
    const sources = new SourceService(new MountPoints(), {
      ...{ clock, shares: await begin(owners) },
      start: (_, listener) => {
        programs.push({ write: (bytes) => listener.stdout(Buffer.alloc(bytes)) })
        const end = { code: 0, signal: null, notStarted: undefined }
        return { pid: 1, stop: () => listener.ended(end) }
      },
    })
    sources.update(plans)
    messages.length = 0
    shares.follow(sources)
    return { sources, programs }
  }
  return { shares, clock, ports, messages, begin, told, serve }
}

describe('SourceShares', () => {
  it('begin when the parent has told the owners', async () => {
    const { shares, messages, begin } = createShares()
    await begin({ '/attic': 1, '/front door': 2 })
    expect(messages).toEqual([{ kind: 'sourcePaths', paths: ['/attic', '/front door'] }])
    const owned = ['/attic', '/front door', '/other'].map((path) => shares.owns(path))
    expect(owned).toEqual([true, false, false])
  })

  it('name the place of a source at its owner, and sign for the present tag of the owner', async () => {
    const { shares, ports, begin } = createShares()
    await begin({ '/front door': 2 })
    expect(shares.placeOf('/front door').url).toBe('rtsp://127.0.0.1:1/front%20door')
    ports.set(2, 5002)
    const { url, headers } = shares.placeOf('/front door')
    expect(url).toBe('rtsp://127.0.0.1:5002/front%20door')
    const request = {} as never
    expect(headers?.(request)).toEqual([['To', 'b']])
    shares.noteAssignment(assignment({ '/front door': 2 }, { 2: 'c' }))
    expect(headers?.(request)).toEqual([['To', 'c']])
    // Another function would let the connection begin anew.
    expect(shares.placeOf('/front door').headers).toBe(headers)
    shares.noteAssignment(assignment({}))
    expect(shares.placeOf('/front door')).toEqual({ url: 'rtsp://127.0.0.1:1/front%20door' })
  })

  it('tell the statuses of own sources at first, and then the numbers of bytes that have changed', async () => {
    const { shares, clock, told, serve } = createShares()
    const { sources, programs } = await serve({ '/attic': 1, '/front door': 2 })
    expect(told()).toEqual(['/attic'])
    clock.advance(10_000)
    expect(told()).toEqual([])
    sources.update([execPlan({ path: '/attic', alwaysOn: true })])
    expect(told()).toEqual(['/attic'])
    await until(() => programs.length > 0)
    programs[0]?.write(100)
    expect(told()).toEqual([])
    clock.advance(1000)
    expect(told()).toEqual(['/attic'])
    clock.advance(1000)
    expect(told()).toEqual([])
    shares.close()
    programs[0]?.write(100)
    clock.advance(1000)
    expect(told()).toEqual([])
    await sources.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('tell all statuses again to a process that has been started again', async () => {
    const { shares, clock, told, serve } = createShares()
    const { sources } = await serve({ '/attic': 1, '/front door': 1 })
    expect(told()).toEqual(['/attic', '/front door'])
    shares.notePorts()
    clock.advance(1000)
    expect(told()).toEqual(['/attic', '/front door'])
    clock.advance(1000)
    expect(told()).toEqual([])
    shares.close()
    await sources.close()
  })

  it('note the statuses of others only, and pass on only other states', async () => {
    const { shares, serve } = createShares()
    const { sources } = await serve({ '/attic': 1, '/front door': 2 })
    const changed: string[] = []
    sources.on('changedElsewhere', ({ path, state }) => changed.push(`${path} ${state}`))
    const [attic, door] = sources.statuses
    if (!attic || !door) throw new Error('two sources')
    const later = new Date(door.since.getTime() + 1)
    const note = (...statuses: SourceStatus[]) =>
      shares.noteStates({ kind: 'sourceStates', statuses })
    note({ ...attic, state: 'failed' }, { ...door, path: '/unknown', state: 'failed' })
    note({ ...door, since: later, source: 'camera' })
    expect(changed).toEqual([])
    expect(sources.statuses).toMatchObject([{ state: 'idle' }, { source: 'camera' }])
    note({ ...door, since: later, state: 'failed', attempts: 1 })
    note({ ...door, since: later, state: 'failed', attempts: 1, bytes: 7 })
    expect(changed).toEqual(['/front door failed'])
    shares.close()
    shares.noteStates({ kind: 'sourceStates', statuses: [door] })
    expect(sources.statuses[1]).toMatchObject({ state: 'failed', bytes: 7 })
    await sources.close()
  })
})
