import { RtspServer } from 'rtspool'
import type { LimitChanger } from 'rtspool/cluster'
import { describe, expect, it, onTestFinished } from 'vitest'
import { changeServerLimits, followLimits, serverLimits } from '../../src/cluster/server-limits.js'

function serverWith(maxSessions: number): RtspServer {
  const server = new RtspServer({ port: 0, pool: { maxSessions } })
  onTestFinished(() => server.close())
  return server
}

describe('limits of a server', () => {
  it('change all, or none', () => {
    const rtsp = serverWith(5)
    changeServerLimits(rtsp, { maxSessions: 6, maxConnections: 60 })
    expect(serverLimits(rtsp)).toMatchObject({ maxSessions: 6, maxConnections: 60 })
    expect(() => changeServerLimits(rtsp, { maxSessions: 7, maxConnections: -1 })).toThrow(
      'maxConnections',
    )
    expect(serverLimits(rtsp)).toMatchObject({ maxSessions: 6, maxConnections: 60 })
  })

  it('change for the cluster in turn, with an event and a line of the log', async () => {
    const rtsp = serverWith(5)
    const notes: unknown[] = []
    let change: LimitChanger = () => {}
    const limits = { provide: (given: LimitChanger) => (change = given) }
    followLimits({ limits } as unknown as Parameters<typeof followLimits>[0], {
      rtsp,
      reloader: { inTurn: async (run) => run() },
      log: { info: (...line: unknown[]) => notes.push(line) },
      feed: () => ({ publish: (type, { limits }) => notes.push([type, limits]) as never }),
    })
    await change({ maxSessions: 9 })
    expect(notes).toEqual([
      [{ changes: { maxSessions: 9 } }, 'limits changed for the cluster'],
      ['limitsChanged', serverLimits(rtsp)],
    ])
    await expect(change({ maxSessions: -1 })).rejects.toThrow('maxSessions')
    expect(rtsp.pool.limits.maxSessions).toBe(9)
    expect(notes).toHaveLength(2)
  })
})
