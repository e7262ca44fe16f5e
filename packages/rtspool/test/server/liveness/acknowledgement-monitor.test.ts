import { describe, expect, it } from 'vitest'
import {
  AcknowledgementMonitor,
  type AcknowledgingPeer,
} from '../../../src/server/liveness/acknowledgement-monitor.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import type { TcpEnds } from '../../../src/transport/tcp/tcp-ends.js'
import { type TcpQueues, tcpName } from '../../../src/transport/tcp/tcp-queues.js'
import { nextTurn } from '../../support/until.js'

/** A client, and what it has acknowledged. */
class Peer implements AcknowledgingPeer {
  readonly socketEnds: TcpEnds
  channels = { size: 2 }
  bytesHandedOver = 0
  acknowledged = 0

  constructor(remotePort: number) {
    this.socketEnds = {
      ...{ localAddress: '127.0.0.1', localPort: 8554 },
      ...{ remoteAddress: '10.0.0.1', remotePort },
    }
  }
}

function scene(maxAgeMs = 10_000, read?: () => Promise<TcpQueues | undefined>) {
  const clock = new ManualClock()
  const vanished: [peer: Peer, at: number][] = []
  const peers: Peer[] = []
  let reads = 0
  const queues = async () => {
    reads++
    const owing = peers.filter((peer) => peer.bytesHandedOver > peer.acknowledged)
    return new Map(
      owing.map(
        (peer) => [tcpName(peer.socketEnds), peer.bytesHandedOver - peer.acknowledged] as const,
      ),
    )
  }
  const startedAt = clock.now()
  const monitor = new AcknowledgementMonitor<Peer>(
    clock,
    maxAgeMs,
    (peer) => {
      vanished.push([peer, clock.now() - startedAt])
      monitor.remove(peer)
    },
    read ?? queues,
  )
  const join = () => {
    const peer = new Peer(1000 + peers.length)
    peers.push(peer)
    monitor.add(peer)
    return peer
  }
  /** Lets time pass; `step` is called every 100 ms. */
  const run = async (ms: number, step: () => void = () => {}) => {
    for (let passed = 0; passed < ms; passed += 100) {
      step()
      clock.advance(100)
      await nextTurn()
    }
  }
  return { clock, monitor, join, run, vanished, reads: () => reads }
}

describe('a client without acknowledgements', { tags: ['A-SES-7', 'B-HALF'] }, () => {
  it('is reported after the time, within a few looks, and others are not', async () => {
    const { join, run, vanished } = scene()
    const [gone, alive] = [join(), join()]
    await run(25_000, () => {
      gone.bytesHandedOver += 1000
      alive.bytesHandedOver += 1000
      // The last packets are always on their way.
      alive.acknowledged = alive.bytesHandedOver - 500
    })
    expect(vanished.map(([peer]) => peer)).toEqual([gone])
    const [[, at] = [gone, 0]] = vanished
    expect(at).toBeGreaterThanOrEqual(10_000)
    expect(at).toBeLessThanOrEqual(14_000)
  })

  it('is reported even if it was sent one report only', async () => {
    const { join, run, vanished } = scene()
    const gone = join()
    await run(5000)
    gone.bytesHandedOver = 28
    await run(30_000)
    expect(vanished).toHaveLength(1)
  })

  it('is not reported while slow, if its debts are paid in time', async () => {
    const { join, run, vanished } = scene()
    const slow = join()
    await run(120_000, () => {
      slow.bytesHandedOver += 1000
      // Six seconds behind.
      slow.acknowledged = Math.max(0, slow.bytesHandedOver - 60_000)
    })
    expect(vanished).toEqual([])
  })

  it('is not reported if it returns in time, and its time restarts', async () => {
    const { join, run, vanished } = scene()
    const peer = join()
    for (let n = 0; n < 5; n++) {
      await run(7000, () => {
        peer.bytesHandedOver += 100
      })
      peer.acknowledged = peer.bytesHandedOver
      await run(2500)
    }
    expect(vanished).toEqual([])
  })

  it('is reported for any bytes written while the list is read', async () => {
    const { join, run, vanished } = scene()
    const gone = join()
    let n = 0
    await run(30_000, () => {
      // Bursts and silence: each look finds another amount.
      gone.bytesHandedOver += (n++ * 7919) % 5000
    })
    expect(vanished).toHaveLength(1)
  })

  it('costs nothing without media, without a limit, and without connections', async () => {
    const idle = scene()
    const peer = idle.join()
    peer.channels = { size: 0 }
    peer.bytesHandedOver = 100
    await idle.run(30_000)
    expect([idle.reads(), idle.vanished]).toEqual([0, []])
    idle.monitor.remove(peer)
    expect(idle.clock.pendingTimers).toBe(0)
    const unlimited = scene(0)
    unlimited.join().bytesHandedOver = 100
    expect(unlimited.clock.pendingTimers).toBe(0)
  })

  it('is never reported if the system has no list, which is read once', async () => {
    let asked = 0
    const { clock, join, run, vanished } = scene(10_000, async () => {
      asked++
      return undefined
    })
    join().bytesHandedOver = 100
    await run(60_000)
    join()
    expect([asked, vanished, clock.pendingTimers]).toEqual([1, [], 0])
  })

  it('is forgotten when it leaves while the list is read', async () => {
    const { clock, monitor, join, vanished } = scene()
    const peer = join()
    peer.bytesHandedOver = 100
    clock.advance(2000)
    monitor.remove(peer)
    await nextTurn()
    clock.advance(60_000)
    await nextTurn()
    expect([vanished, clock.pendingTimers]).toEqual([[], 0])
  })
})
