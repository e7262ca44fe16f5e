import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { mountCamera } from '../../../rtspool/test/support/dialogue.js'
import { connectTo, play, rtpPacket, urlOf } from '../../../rtspool/test/support/test-server.js'
import { pushTo } from '../../../rtspool/test/support/test-source.js'
import { until } from '../../../rtspool/test/support/until.js'
import { startApi } from '../api/api-scene.js'

async function scene() {
  const clock = new ManualClock()
  const started = await startApi({}, {}, { clock })
  const samplesAfter = async (after?: number) => {
    const query = after === undefined ? {} : { after: String(after) }
    const { status, body } = await started.api.call('getHistory', { query })
    expect(status).toBe(200)
    return body.samples
  }
  return { ...started, clock, samplesAfter }
}

describe('the history of a server', () => {
  it('keeps five minutes, a sample each two seconds', async () => {
    const { clock, samplesAfter } = await scene()
    expect(await samplesAfter()).toHaveLength(1)
    for (let n = 0; n < 400; n++) clock.advance(1000)
    const samples = await samplesAfter()
    expect(samples).toHaveLength(150)
    const times = samples.map(({ time }: { time: string }) => Date.parse(time))
    expect(times.at(-1) - times[0]).toBe(298_000)
    const numbers = samples.map(({ number }: { number: number }) => number)
    expect(numbers.at(-1) - numbers[0]).toBe(149)
    expect(await samplesAfter(numbers.at(-3))).toHaveLength(2)
    expect(await samplesAfter(numbers.at(-1))).toEqual([])
    // A client that has seen another run of the server, on a clock that was set back.
    expect(await samplesAfter(numbers.at(-1) + 1)).toHaveLength(150)
  })

  it('goes on where the clock of the machine is set back', async () => {
    const { clock, samplesAfter } = await scene()
    const [{ number }] = await samplesAfter()
    clock.jumpWallClock(-3_600_000)
    clock.advance(2000)
    expect(await samplesAfter(number)).toMatchObject([{ number: number + 1, uptimeSeconds: 2 }])
  })

  it('counts as the metrics do', async () => {
    const { api, server, clock, samplesAfter } = await scene()
    const sources = mountCamera(server)
    await play(await connectTo(server), urlOf(server, '/cam'))
    for (let sequenceNumber = 0; sequenceNumber < 5; sequenceNumber++) {
      pushTo(sources, 0, rtpPacket({ sequenceNumber, payload: Buffer.alloc(100) }))
    }
    await until(() => server.stats().unicast.bytesOut > 500)
    clock.advance(2000)
    const last = (await samplesAfter()).at(-1)
    const text = (await api.call('getMetrics')).body as string
    const metric = (series: string) => Number(text.split(`\n${series} `)[1]?.split('\n')[0])
    expect(last.sessions).toBe(metric('rtspool_sessions{state="Playing"}'))
    expect(last.connections).toBe(metric('rtspool_connections'))
    expect(last.bytesOut).toBe(metric('rtspool_rtp_bytes_total{direction="out"}'))
    expect(last.bytesIn).toBe(metric('rtspool_rtp_bytes_total{direction="in"}'))
    expect(last.packetsDropped).toBe(metric('rtspool_rtp_dropped_total'))
    expect(last.pressure).toBeGreaterThanOrEqual(0)
    expect(last.loopDelayMs).toBeGreaterThanOrEqual(0)
  })

  it('needs a number', async () => {
    const { api } = await scene()
    const { status } = await api.call('getHistory', { query: { after: 'yesterday' } })
    expect(status).toBe(400)
  })
})

describe('the state of a server', () => {
  it('has its pressure and its ports', async () => {
    const { api, server } = await startApi()
    const { body: stats } = await api.call('getStats')
    expect(stats.pressure).toMatchObject({ level: 'normal', refusedSetups: 0 })
    expect(Object.keys(stats.pressure.parts).sort()).toEqual([
      ...['heap', 'loopDelay', 'memory', 'queues'],
    ])
    const { body: version } = await api.call('getVersion')
    expect(version.rtspPort).toBe(server.address().port)
    expect(version.rtspsPort).toBeUndefined()
  })
})
