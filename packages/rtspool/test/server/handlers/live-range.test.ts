import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RtspHeaders } from '../../../src/rtsp/index.js'
import { checkLiveRange } from '../../../src/server/handlers/live-range.js'
import { setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { openUdpPorts } from '../../support/test-server.js'

const nowMs = Date.UTC(2026, 10, 30, 12)
const [firstMs, lastMs] = [Date.parse('0000-01-01T00:00:00Z'), Date.UTC(9999, 11, 31)]

/** Times of the years 0 to 9999, many of them near the present. */
const time = fc.oneof(
  fc.integer({ min: firstMs, max: lastMs }),
  fc.integer({ min: nowMs - 3000, max: nowMs + 3000 }),
)

/** Writes a time with as many digits of its fraction as given; returns its milliseconds as well. */
function written(ms: number, digits: number) {
  const kept = Math.floor(ms / 10 ** (3 - digits)) * 10 ** (3 - digits)
  const [date = '', rest = ''] = new Date(kept).toISOString().split('T')
  const fraction = digits === 0 ? '' : rest.slice(8, 9 + digits)
  return {
    ms: kept,
    text: `${date.replaceAll('-', '')}T${rest.slice(0, 8).replaceAll(':', '')}${fraction}Z`,
  }
}

const unitOf = (range: string) => checkLiveRange(new RtspHeaders([['Range', range]]), nowMs)

describe('a clock range of live media', { tags: 'R-3' }, () => {
  it('is the present if it begins at any past time, with any fraction, and has no end', {
    tags: 'generator',
  }, () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 0, max: 3 }), (at, digits) => {
        const { ms, text } = written(at, digits)
        const check = () => unitOf(`clock=${text}-`)
        if (ms <= nowMs) expect(check()).toBe('clock')
        else expect(check).toThrow(expect.objectContaining({ code: 'ERR_RANGE' }))
      }),
      { numRuns: 1000 },
    )
  })

  it('with an end is refused, wherever it begins', { tags: 'generator' }, () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 1, max: 1e9 }), (at, lengthMs) => {
        const [start, end] = [written(at, 3), written(Math.min(at + lengthMs, lastMs), 3)]
        expect(() => unitOf(`clock=${start.text}-${end.text}`)).toThrow(
          expect.objectContaining({ code: 'ERR_RANGE' }),
        )
      }),
      { numRuns: 500 },
    )
  })

  const past = { Range: 'clock=19000101T000000Z-' }

  it.each(['TCP', 'UDP'] as const)(
    'plays at first, while it plays already, and after PAUSE, over %s',
    async (over) => {
      const udp = over === 'UDP' ? await openUdpPorts() : undefined
      const transport = udp ? `RTP/AVP;unicast;client_port=${udp.clientPort}` : tcp
      const { client, url } = await scene().camera().client().start()
      const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
      for (const method of ['PLAY', 'PLAY', 'PAUSE', 'PLAY']) {
        const range = method === 'PLAY' ? past : {}
        const answer = await client.request(method, url, {
          headers: { Session: session, ...range },
        })
        expect(answer.statusCode).toBe(200)
        if (method === 'PLAY') expect(answer.headers.get('Range')).toMatch(/^clock=2\d{7}T/)
      }
    },
  )

  it('plays a stream that somebody publishes', async () => {
    const { client, url } = await scene().publisher().client().start()
    const session = sessionIdOf(await setUp(client, `${url}/trackID=0`))
    const answer = await client.request('PLAY', url, { headers: { Session: session, ...past } })
    expect(answer.statusCode).toBe(200)
  })

  it('records from now on as well', async () => {
    const { publisher, publication, url } = await scene().publisher().start()
    const headers = { Session: publication }
    expect((await publisher.request('PAUSE', url, { headers })).statusCode).toBe(200)
    const answer = await publisher.request('RECORD', url, { headers: { ...headers, ...past } })
    expect(answer.statusCode).toBe(200)
  })
})
