import { describe, expect, it } from 'vitest'
import { type ReceptionReport, serializeCompound } from '../../../src/rtcp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { RtcpSources } from '../../../src/transport/udp/rtcp-sources.js'

const viewer = '192.0.2.7'
const port = 61_000

const receiverReport = (...echoes: { ssrc: number; lsr: number }[]): Buffer =>
  serializeCompound([
    {
      type: 'receiverReport',
      ssrc: 1,
      reports: echoes.map((echo) => ({
        fractionLost: 0,
        cumulativeLost: 0,
        extendedHighestSequenceNumber: 0,
        interarrivalJitter: 0,
        dlsr: 0,
        ...echo,
      })),
    },
  ])

/** Sources that were sent reports with these values of `lsr`. */
function setUp(...sent: readonly (readonly number[])[]) {
  const clock = new ManualClock()
  const sources = new RtcpSources()
  const learned: number[][] = sent.map(() => [])
  const all = sent.map((values, index) => ({
    isEchoedBy: ({ ssrc, lsr }: ReceptionReport) => ssrc === 7 && values.includes(lsr),
    now: () => clock.now(),
    learned: (at: number) => void learned[index]?.push(at),
  }))
  for (const source of all) sources.add(viewer, source)
  const echo = (lsr: number, from = port, address = viewer) => {
    clock.advance(1000)
    sources.look(receiverReport({ ssrc: 7, lsr }), address, from)
  }
  return { clock, sources, all, learned, echo }
}

describe('RtcpSources', () => {
  it('learns a port from which two different reports are echoed, once', { tags: 'B-RTCP' }, () => {
    const { sources, learned, echo } = setUp([11, 22])
    echo(11)
    expect(learned).toEqual([[]])
    echo(22)
    expect([learned, sources.size]).toEqual([[[port]], 0])
    echo(11, 62_000)
    echo(22, 62_000)
    expect(learned).toEqual([[port]])
  })

  it.each<[string, (echo: ReturnType<typeof setUp>['echo']) => void]>([
    ['the same report twice', (echo) => [echo(11), echo(11)]],
    ['two reports from two ports', (echo) => [echo(11), echo(22, port + 1)]],
    ['two reports with a wrong one between', (echo) => [echo(11), echo(33), echo(22)]],
    ['two reports from another address', (echo) => [11, 22].map((n) => echo(n, port, '192.0.2.8'))],
    ['reports that were never sent', (echo) => [0, 1, 2].map((lsr) => echo(lsr))],
  ])('%s prove nothing', { tags: 'B-RTCP' }, (_, say) => {
    const { sources, learned, echo } = setUp([11, 22])
    say(echo)
    expect([learned, sources.size]).toEqual([[[]], 1])
  })

  it('bytes other than RTCP, another SSRC and a BYE prove nothing', { tags: 'B-RTCP' }, () => {
    const { clock, sources, learned } = setUp([11, 22])
    for (const datagram of [
      Buffer.alloc(0),
      Buffer.from('no RTCP'),
      receiverReport({ ssrc: 8, lsr: 11 }),
      receiverReport({ ssrc: 8, lsr: 22 }),
      serializeCompound([
        { type: 'receiverReport', ssrc: 7, reports: [] },
        { type: 'bye', ssrcs: [7] },
      ]),
    ]) {
      clock.advance(1000)
      sources.look(datagram, viewer, port)
    }
    expect(learned).toEqual([[]])
  })

  it('of two viewers behind one address the one is meant that was sent the reports', {
    tags: 'B-RTCP',
  }, () => {
    const { clock, sources, learned, echo } = setUp([11, 22], [33, 44])
    echo(33)
    echo(44)
    expect([learned, sources.size]).toEqual([[[], [port]], 1])
    // Echoes of both at once could be anybody's.
    const both = setUp([11, 22], [33, 44])
    for (const [one, other] of [
      [11, 33],
      [22, 44],
    ] as const) {
      clock.advance(1000)
      const datagram = receiverReport({ ssrc: 7, lsr: one }, { ssrc: 7, lsr: other })
      both.sources.look(datagram, viewer, port)
    }
    expect(both.learned).toEqual([[], []])
  })

  it('looks into few datagrams a second, and into none of a crowd', { tags: 'B-RTCP' }, () => {
    const { clock, sources, learned } = setUp([11, 22])
    for (let n = 0; n < 100; n++) sources.look(Buffer.from('flood'), viewer, n)
    sources.look(receiverReport({ ssrc: 7, lsr: 11 }), viewer, port)
    sources.look(receiverReport({ ssrc: 7, lsr: 22 }), viewer, port)
    expect(learned).toEqual([[]])
    clock.advance(500)
    sources.look(receiverReport({ ssrc: 7, lsr: 11 }), viewer, port)
    sources.look(receiverReport({ ssrc: 7, lsr: 22 }), viewer, port)
    expect(learned).toEqual([[port]])
    const crowd = setUp(...Array.from({ length: 17 }, (_, n) => [2 * n + 1, 2 * n + 2]))
    crowd.echo(1)
    crowd.echo(2)
    expect(crowd.learned.flat()).toEqual([])
  })

  it('forgets a client once its RTCP arrives or it leaves', () => {
    const { sources, all, learned, echo } = setUp([11, 22])
    echo(11)
    for (const source of all) {
      sources.delete(viewer, source)
      sources.delete(viewer, source)
    }
    echo(22)
    expect([learned, sources.size]).toEqual([[[]], 0])
  })

  it('the addresses of one IPv6 network share their attempts', { tags: ['S-4', 'B-RTCP'] }, () => {
    const { sources, all } = setUp([11, 22])
    const [source] = all
    if (!source) throw new Error('no source')
    let looks = 0
    const counted = { ...source, isEchoedBy: () => looks++ < 0 }
    const addresses = Array.from({ length: 40 }, (_, at) => `2001:db8:1:2::${at + 1}`)
    for (const address of addresses) sources.add(address, counted)
    for (const address of addresses) {
      sources.look(receiverReport({ ssrc: 7, lsr: 11 }), address, port)
    }
    expect(looks).toBe(8)
    sources.add('2001:db8:1:3::1', counted)
    sources.look(receiverReport({ ssrc: 7, lsr: 11 }), '2001:db8:1:3::1', port)
    expect(looks).toBe(9)
  })
})
