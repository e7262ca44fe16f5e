import { describe, expect, it } from 'vitest'
import { MediaFactory, type MediaOutput } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { readySession } from '../../support/dialogue.js'
import { ReplayTestSource } from '../../support/replay-test-source.js'
import {
  connectTo,
  openUdpPorts,
  startServer,
  testSdp,
  transportHeader,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

async function viewer({ transport = undefined as string | undefined, isGrowing = false } = {}) {
  const clock = new ManualClock()
  const server = await startServer({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
  const source = Object.assign(new ReplayTestSource(), { isGrowing })
  const options = { shared: false, onvifReplay: true, servesSubpaths: true }
  server.mounts.add('/replay', new MediaFactory(() => source, options))
  const url = urlOf(server, '/replay')
  const client = await connectTo(server)
  const session = await readySession(client, url, transport)
  const ask = (method: string, headers: Record<string, string> = {}) =>
    client.request(method, url, { headers: { Session: session, ...headers } })
  const state = () => server.pool.get(session)?.state
  return { clock, server, source, client, url, ask, state }
}

const onvif = { Require: 'onvif-replay' }

describe('a recording with wall-clock times', () => {
  it('is described with its times first, then with its length', async () => {
    const { client, url } = await viewer()
    const { body } = await client.request('DESCRIBE', url)
    expect(body.toString()).toContain(
      'a=range:clock=20261129T120000Z-20261129T120010Z\r\na=range:npt=0-10.000\r\n',
    )
  })

  it('is described without an end while it grows, and played on behind it', async () => {
    const { client, url, ask } = await viewer({ isGrowing: true })
    const { body } = await client.request('DESCRIBE', url)
    expect(body.toString()).toContain('a=range:clock=20261129T120000Z-\r\n')
    const { headers } = await ask('PLAY', { Range: 'clock=20261129T120004Z-' })
    expect(headers.get('Range')).toBe('clock=20261129T120004Z-')
    expect((await ask('PAUSE')).headers.get('Range')).toMatch(/^npt=[\d.]+-$/)
  })

  it.each([
    ['npt=15-', { startSeconds: 15, endSeconds: Number.POSITIVE_INFINITY }],
    ['npt=5-20', { startSeconds: 5, endSeconds: 20 }],
    ['npt=5-10', { startSeconds: 5, endSeconds: 10 }],
  ])('is asked for %s while it grows, behind its known end too', async (range, sought) => {
    const { source, ask } = await viewer({ isGrowing: true })
    const { statusCode, headers } = await ask('PLAY', { Range: range })
    const end = Number.isFinite(sought.endSeconds) ? sought.endSeconds : ''
    expect([statusCode, headers.get('Range')?.split('-')[1]]).toEqual([200, `${end}`])
    expect(source.sought).toEqual([sought])
    // The same end after a pause.
    await ask('PAUSE')
    expect((await ask('PLAY')).headers.get('Range')?.split('-')[1]).toBe(`${end}`)
    expect(source.sought).toHaveLength(1)
  })

  it('goes on at another rate behind the end that was known at first', async () => {
    const { clock, source, ask } = await viewer({ isGrowing: true })
    await ask('PLAY')
    clock.advance(15_000)
    await ask('PLAY', { Scale: '2' })
    expect(source.sought.at(-1)).toEqual({
      ...{ startSeconds: 15, endSeconds: Number.POSITIVE_INFINITY },
    })
  })

  it.each([
    [
      'clock=20261129T120005Z-',
      'clock=20261129T120004Z-20261129T120010Z',
      { startSeconds: 5, endSeconds: 10 },
    ],
    [
      'clock=20261129T120005.5Z-20261129T120007Z',
      'clock=20261129T120004Z-20261129T120007Z',
      { startSeconds: 5.5, endSeconds: 7 },
    ],
    // GStreamer in onvif-mode, which does not know the times.
    [
      'clock=19000101T000000Z-',
      'clock=20261129T120000Z-20261129T120010Z',
      { startSeconds: 0, endSeconds: 10 },
    ],
    ['npt=5-', 'npt=4-10', { startSeconds: 5, endSeconds: 10 }],
    // GStreamer without onvif-mode, which reads the times as seconds from 1900 on.
    ['npt=4004942405-', 'npt=4004942404-4004942410', { startSeconds: 5, endSeconds: 10 }],
  ])('PLAY with Range %s answers %s', async (range, answer, sought) => {
    const { source, ask } = await viewer()
    const response = await ask('PLAY', { Range: range })
    expect([response.statusCode, response.headers.get('Range')]).toEqual([200, answer])
    expect(source.sought).toEqual([sought])
  })

  it.each([
    ['clock=20261129T120010Z-', {}, 457],
    ['clock=20261129T110000Z-20261129T120000Z', {}, 457],
    ['clock=20261129T120007Z-20261129T120005Z', {}, 457],
    ['clock=20261129T120005Z-20261129T120007Z', { Scale: '-1' }, 457],
    ['clock=20261129', {}, 400],
    ['smpte=10:12:33:20-', {}, 501],
  ])('PLAY with Range %s %j is %i', async (range, headers, statusCode) => {
    const { ask, state } = await viewer()
    expect((await ask('PLAY', { Range: range, ...headers })).statusCode).toBe(statusCode)
    expect(state()).toBe('Ready')
  })

  it('cannot be published over', async () => {
    const { server, client, url } = await viewer()
    server.mounts.allowPublish('/*')
    const headers = { 'Content-Type': 'application/sdp' }
    const announcement = { headers, body: testSdp }
    const { statusCode } = await client.request('ANNOUNCE', `${url}/cam`, announcement)
    expect(statusCode).toBe(403)
  })
})

describe('Require: onvif-replay', () => {
  it('is accepted where recordings are mounted, and there only', async () => {
    const { server, client, url, ask } = await viewer()
    server.mounts.add('/live', new MediaFactory(() => new ReplayTestSource(), { shared: false }))
    expect((await client.request('DESCRIBE', url, { headers: onvif })).statusCode).toBe(200)
    expect((await ask('PLAY', onvif)).headers.get('Range')).toMatch(/^clock=20261129T120000Z-/)
    const refused = await client.request('DESCRIBE', urlOf(server, '/live'), { headers: onvif })
    expect([refused.statusCode, refused.headers.get('Unsupported')]).toEqual([551, 'onvif-replay'])
  })

  it('gives the source the manner in which the client wants to be sent the recording', async () => {
    const { source, ask } = await viewer()
    const headers = { 'Rate-Control': 'no', Frames: 'intra/4000', Immediate: 'yes', Scale: '2.0' }
    const response = await ask('PLAY', { ...onvif, ...headers })
    expect(response.headers.get('Scale')).toBe('2.0')
    expect(source.manners).toEqual([
      {
        ...{ scale: 2, speed: 1, rateControl: false, frames: 'intra', intraIntervalMs: 4000 },
        replayCSeq: Number(response.headers.get('CSeq')),
      },
    ])
  })

  it.each([
    ['Rate-Control', 'maybe'],
    ['Frames', 'some'],
    ['Frames', 'intra/'],
    ['Scale', '0'],
    ['Speed', '-1'],
  ])('%s: %s is 400', async (name, value) => {
    const { source, ask } = await viewer()
    expect((await ask('PLAY', { ...onvif, [name]: value })).statusCode).toBe(400)
    expect(source.manners).toEqual([])
  })

  it('does not give packets without a pause to UDP, which cannot tell how much it accepts', async () => {
    const transport = transportHeader(await openUdpPorts(), 0)
    const { source, ask } = await viewer({ transport })
    await ask('PLAY', { ...onvif, 'Rate-Control': 'no' })
    expect(source.manners[0]?.rateControl).toBe(true)
  })
})

describe('another manner', () => {
  it('begins at the present position, and the same one changes nothing', async () => {
    const { clock, source, ask } = await viewer()
    await ask('PLAY')
    clock.advance(5000)
    const { headers } = await ask('PLAY', { Scale: '4' })
    expect([headers.get('Scale'), headers.get('Range')]).toEqual(['4.0', 'npt=4-10'])
    expect(source.sought.at(-1)).toEqual({ startSeconds: 5, endSeconds: 10 })
    await ask('PLAY', { Scale: '4' })
    expect(source.sought).toHaveLength(2)
    // RFC 2326 section 12.34: without Scale, at the normal rate.
    await ask('PLAY')
    expect(source.manners.at(-1)?.scale).toBe(1)
  })

  it('is limited by the source, which the response tells', async () => {
    const { ask } = await viewer()
    expect((await ask('PLAY', { Scale: '100' })).headers.get('Scale')).toBe('8.0')
  })

  it('plays backwards from the position, from a time, or from the end', async () => {
    const { source, ask } = await viewer()
    await ask('PLAY', { Scale: '-1' })
    await ask('PLAY', { Scale: '-2', Range: 'clock=20261129T120007Z-20261129T120003Z' })
    await ask('PLAY', { Scale: '-4', Range: 'clock=20261129T130000Z-' })
    expect(source.sought).toEqual([
      { startSeconds: 10, endSeconds: 0 },
      { startSeconds: 7, endSeconds: 3 },
      { startSeconds: 10, endSeconds: 0 },
    ])
  })

  it('gives a PLAY after PAUSE its own CSeq, without another seek', async () => {
    const { source, ask } = await viewer()
    await ask('PLAY', onvif)
    await ask('PAUSE')
    const { headers } = await ask('PLAY', onvif)
    expect(source.sought).toHaveLength(1)
    expect(source.resumed?.replayCSeq).toBe(Number(headers.get('CSeq')))
  })
})

describe('the output of a source', () => {
  it('ends the sessions with a reason when the source fails', async () => {
    const { server, source, ask } = await viewer()
    await ask('PLAY')
    const reasons: string[] = []
    server.pool.on('sessionRemoved', (_, reason) => reasons.push(reason))
    source.output?.fail()
    await until(() => reasons.length > 0)
    expect(reasons).toEqual(['mediaFailed'])
  })

  it('is drained when the viewer has been sent everything, and after the end', async () => {
    const { source, ask } = await viewer()
    await ask('PLAY')
    const output = source.output as MediaOutput
    source.push()
    await output.drained()
    output.end()
    await output.drained()
  })
})
