import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MediaFactory } from '../../../src/index.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import { parseRtpInfo } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, readySession } from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { StoredTestSource } from '../../support/stored-test-source.js'
import { eachRow } from '../../support/tagged-cases.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  startServer,
  transportHeader,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

async function viewer(transport?: string) {
  const clock = new ManualClock()
  const server = await startServer({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
  const source = new StoredTestSource()
  server.mounts.add('/file', new MediaFactory(() => source, { shared: false }))
  const url = urlOf(server, '/file')
  const client = await connectTo(server)
  const session = await readySession(client, url, transport)
  const ask = (method: string, headers: Record<string, string> = {}) =>
    client.request(method, url, { headers: { Session: session, ...headers } })
  const state = () => server.pool.get(session)?.state
  return { clock, server, source, client, url, session, ask, state }
}

const rtpOf = (client: RtspTestClient, channel = 0) =>
  client.frames.filter((frame) => frame.channel === channel).map(({ payload }) => payload)
const numbersOf = (client: RtspTestClient, channel = 0) =>
  rtpOf(client, channel).map((packet) => packet.readUInt16BE(2))
const byesOf = (client: RtspTestClient) =>
  client.frames
    .filter(({ channel }) => channel % 2 === 1)
    .flatMap(({ payload }) => parseCompound(payload))
    .filter(({ type }) => type === 'bye')

/** When this is answered, everything written before it has arrived. */
const settle = (client: RtspTestClient) => expectOk(client, 'OPTIONS', '*')
/** The turn in which packets are sent is over. */
const flushed = () => nextTurn(2)

describe('a stored presentation', () => {
  it('is described with its length', { tags: 'A-DES-7' }, async () => {
    const { client, url } = await viewer()
    const { body } = await expectOk(client, 'DESCRIBE', url)
    expect(body.toString()).toMatch(/\r\na=range:npt=0-10\.000\r\n/)
  })

  eachRow<[range: string | undefined, answer: string]>([
    ['A-PLY-1', undefined, 'npt=0-10'],
    ['A-RNG-1', 'npt=5-', 'npt=4-10'],
    ['A-RNG-1', 'npt=5-7.5', 'npt=4-7.5'],
    ['A-RNG-1', 'npt=-7', 'npt=0-7'],
    ['A-RNG-1', 'npt=0:00:05.5-', 'npt=4-10'],
    ['A-RNG-1', 'npt=now-', 'npt=0-10'],
    ['A-RNG-4', 'npt=8-99', 'npt=8-10'],
    ['A-RNG-7', 'npt=5-;time=19970123T143720Z', 'npt=4-10'],
    // FFmpeg, before the beginning.
    ['A-RNG-1', 'npt=0.-130-', 'npt=0-10'],
  ])('PLAY with Range %s answers %s', async (range, answer) => {
    const { ask, state } = await viewer()
    const response = await ask('PLAY', range === undefined ? {} : { Range: range })
    expect([response.statusCode, response.headers.get('Range')]).toEqual([200, answer])
    expect(state()).toBe('Playing')
  })

  eachRow([
    ['A-RNG-5', 'npt=99-', 457],
    ['A-RNG-5', 'npt=10-', 457],
    ['A-RNG-5', 'npt=7-5', 457],
    ['A-RNG-4', 'npt=5-5', 457],
    ['A-RNG-5', 'npt=x-', 400],
    ['A-RNG-5', '', 400],
    ['A-RNG-2', 'clock=20260101T120000.25Z-', 501],
    ['A-RNG-3', 'smpte=10:12:33:20-', 501],
    ['A-RNG-3', 'smpte-30-drop=10:07:00-10:07:33:05.01', 501],
    ['A-RNG-3', 'smpte-25=10:07:00-', 501],
    ['A-RNG-5', 'bytes=0-', 501],
  ])('PLAY with Range %s is %i and changes nothing', async (range, statusCode) => {
    const { clock, source, ask, state } = await viewer()
    expect((await ask('PLAY', { Range: range })).statusCode).toBe(statusCode)
    expect(state()).toBe('Ready')
    await ask('PLAY')
    clock.advance(1000)
    expect((await ask('PLAY', { Range: range })).statusCode).toBe(statusCode)
    expect(state()).toBe('Playing')
    expect(source.positionSeconds).toBe(1)
    expect(source.sought).toHaveLength(1)
  })

  it('RTP-Info has the URIs of SETUP and the first packet, at the start of the Range', {
    tags: ['A-INF-1', 'A-INF-3'],
  }, async () => {
    const { source, client, url, ask } = await viewer()
    const { headers } = await ask('PLAY', { Range: 'npt=5-' })
    expect(parseRtpInfo(headers.get('RTP-Info') ?? '')).toEqual([
      { url: `${url}/trackID=0`, seq: 100, rtptime: 4 * 90_000 },
      { url: `${url}/trackID=1`, seq: 100, rtptime: 4 * 48_000 },
    ])
    source.push(0)
    source.push(1)
    await until(() => numbersOf(client, 2).length > 0)
    expect([numbersOf(client), numbersOf(client, 2)]).toEqual([[100], [100]])
    expect(rtpOf(client)[0]?.readUInt32BE(4)).toBe(4 * 90_000)
  })

  it('seeks while playing: numbers continue, and no earlier packet follows the response', {
    tags: ['A-INF-2', 'A-PLY-2'],
  }, async () => {
    const { clock, source, client, ask } = await viewer()
    await ask('PLAY')
    source.push()
    clock.advance(500)
    source.push()
    const { headers } = await ask('PLAY', { Range: 'npt=8.5-' })
    const before = rtpOf(client).length
    expect(headers.get('Range')).toBe('npt=8-10')
    expect(parseRtpInfo(headers.get('RTP-Info') ?? '')[0]).toMatchObject({
      seq: 102,
      rtptime: 8 * 90_000,
    })
    source.push()
    await until(() => numbersOf(client).length === 3)
    expect(before).toBe(2)
    expect(numbersOf(client)).toEqual([100, 101, 102])
    expect(source.sought.at(-1)).toEqual({ startSeconds: 8.5, endSeconds: 10 })
  })

  it('PLAY without Range while playing changes nothing, and states the position', {
    tags: 'A-PLY-2',
  }, async () => {
    const { clock, source, client, ask } = await viewer()
    await ask('PLAY', { Range: 'npt=2-8' })
    source.push()
    clock.advance(1500)
    const { headers } = await ask('PLAY')
    expect(headers.get('Range')).toBe('npt=3.5-8')
    expect(parseRtpInfo(headers.get('RTP-Info') ?? '')[0]).toMatchObject({
      seq: 101,
      rtptime: 3.5 * 90_000,
    })
    source.push()
    await until(() => numbersOf(client).length === 2)
    expect(source.sought).toHaveLength(1)
  })

  it('PLAY after PAUSE continues at the pause point, without a seek', {
    tags: ['A-PLY-3', 'A-PLY-6'],
  }, async () => {
    const { clock, source, client, ask, state } = await viewer()
    await ask('PLAY')
    clock.advance(3000)
    const paused = await ask('PAUSE')
    expect([paused.headers.get('Range'), state()]).toEqual(['npt=3-10', 'Ready'])
    const atPause = client.frames.length
    clock.advance(7000)
    source.push()
    await flushed()
    await settle(client)
    expect(client.frames).toHaveLength(atPause)
    for (const range of [undefined, 'npt=now-']) {
      const { headers } = await ask('PLAY', range === undefined ? {} : { Range: range })
      expect(headers.get('Range')).toBe('npt=3-10')
      expect(parseRtpInfo(headers.get('RTP-Info') ?? '')[1]?.rtptime).toBe(3 * 48_000)
      await ask('PAUSE')
    }
    expect(source.sought).toHaveLength(1)
  })

  it('at the end of the range it is Ready and sends BYE; it can play again', {
    tags: 'A-PLY-5',
  }, async () => {
    const { source, client, ask, state } = await viewer()
    await ask('PLAY', { Range: 'npt=8-9' })
    source.push()
    source.endRange()
    await until(() => byesOf(client).length === 2)
    expect(state()).toBe('Ready')
    expect(numbersOf(client)).toEqual([100])
    const { headers } = await ask('PLAY', { Range: 'npt=0-' })
    expect(headers.get('Range')).toBe('npt=0-10')
    source.push()
    await until(() => numbersOf(client).length === 2)
    expect(numbersOf(client)).toEqual([100, 101])
    expect(state()).toBe('Playing')
  })

  it('without a Range it continues behind the range, and restarts behind the end', {
    tags: 'A-PLY-5',
  }, async () => {
    const { source, ask } = await viewer()
    await ask('PLAY', { Range: 'npt=4-6' })
    source.endRange()
    expect((await ask('PLAY')).headers.get('Range')).toBe('npt=6-10')
    source.endRange()
    expect((await ask('PLAY')).headers.get('Range')).toBe('npt=0-10')
  })

  it.each([
    ['npt=999', 457],
    ['npt=999-', 457],
    ['npt=8.5', 457],
    ['npt=1', 457],
    ['npt=x', 400],
    ['smpte=10:12:33:20', 501],
  ])(
    'PAUSE with Range %s is %i and it plays on',
    { tags: 'A-PLY-7' },
    async (range, statusCode) => {
      const { clock, ask, state } = await viewer()
      await ask('PLAY', { Range: 'npt=2-8' })
      expect((await ask('PAUSE', { Range: range })).statusCode).toBe(statusCode)
      clock.advance(1000)
      expect(state()).toBe('Playing')
    },
  )

  it('PAUSE with a point pauses there; before it was played there is none', {
    tags: 'A-PLY-7',
  }, async () => {
    const { clock, client, ask, state } = await viewer()
    expect((await ask('PAUSE', { Range: 'npt=5' })).statusCode).toBe(457)
    await ask('PLAY', { Range: 'npt=2-8' })
    const { headers } = await ask('PAUSE', { Range: 'npt=5' })
    expect(headers.get('Range')).toBe('npt=5-8')
    clock.advance(2999)
    expect(state()).toBe('Playing')
    clock.advance(1)
    expect(state()).toBe('Ready')
    expect((await ask('PLAY')).headers.get('Range')).toBe('npt=5-8')
    expect(byesOf(client)).toEqual([])
  })

  it('a PLAY with Range forgets the pause point', { tags: 'A-PLY-7' }, async () => {
    const { clock, ask, state } = await viewer()
    await ask('PLAY')
    await ask('PAUSE', { Range: 'npt=2' })
    await ask('PLAY', { Range: 'npt=6-' })
    clock.advance(2500)
    expect(state()).toBe('Playing')
  })

  eachRow<[name: string, value: string, statusCode: number, answer: string | undefined]>([
    ['A-SCL-1', 'Scale', '2', 200, '1.0'],
    ['A-SCL-1', 'Scale', '-1', 200, '1.0'],
    ['A-SCL-3', 'Speed', '2.5', 200, '1.0'],
    ['A-SCL-2', 'Scale', '0', 400, undefined],
    ['A-SCL-2', 'Scale', 'x', 400, undefined],
    ['A-SCL-2', 'Speed', '-2', 400, undefined],
    ['A-SCL-2', 'Speed', '0', 400, undefined],
  ])('%s: %s is %i', async (name, value, statusCode, answer) => {
    const { source, ask } = await viewer()
    const response = await ask('PLAY', { [name]: value, Range: 'npt=4-' })
    expect([response.statusCode, response.headers.get(name)]).toEqual([statusCode, answer])
    expect(source.sought).toHaveLength(statusCode === 200 ? 1 : 0)
  })

  it('that cannot seek is 503, and its media ends', async () => {
    const { source, server, ask, state } = await viewer()
    source.seekFailure = new Error('the disk is gone')
    expect((await ask('PLAY', { Range: 'npt=4-' })).statusCode).toBe(503)
    expect(state()).toBeUndefined()
    expect([source.closeCount, server.mounts.get('/file')?.mediaCount]).toEqual([1, 0])
  })

  it('that is torn down by another connection while it seeks answers 454', async () => {
    const ports = await openUdpPorts()
    const { clock, source, server, url, session, ask } = await viewer(transportHeader(ports, 0))
    let open = (): void => {}
    source.seekGate = new Promise((resolve) => {
      open = resolve
    })
    const playing = ask('PLAY', { Range: 'npt=4-' })
    while (source.sought.length === 0) await flushed()
    const other = await connectTo(server)
    expect((await inSession(other, 'TEARDOWN', url, session)).statusCode).toBe(200)
    open()
    expect((await playing).statusCode).toBe(454)
    clock.advance(0)
    expect(source.closeCount).toBe(1)
  })

  it('is refused by a factory whose viewers share it', async () => {
    const server = await startServer()
    const source = new StoredTestSource()
    server.mounts.add('/shared', new MediaFactory(() => source))
    const client = await connectTo(server)
    expect((await client.request('DESCRIBE', urlOf(server, '/shared'))).statusCode).toBe(503)
    expect(source.closeCount).toBe(1)
  })
})

describe('a source that fails', () => {
  it('after the answer to PLAY: there is no second answer, and the session ends', {
    tags: 'B-CRASH',
  }, async () => {
    const { clock, server, source, client, ask, state } = await viewer()
    const failures: unknown[] = []
    server.on('requestFailed', (error, { method }) => failures.push([error, method]))
    const error = new Error('the disk is gone')
    source.resume = () => {
      throw error
    }
    const answer = ask('PLAY')
    const another = expect(client.response()).rejects.toThrow('closed')
    const { statusCode } = await answer
    clock.advance(10_000)
    await another
    expect([statusCode, state()]).toEqual([200, undefined])
    expect(failures).toEqual([[error, 'PLAY']])
  })
})

describe('a client that leaves', () => {
  it.each(['seek', 'start'] as const)(
    'during a %s, which that ends, is no failure of the server',
    async (step) => {
      const { clock, server, source, client, ask } = await viewer()
      const failures: unknown[] = []
      server.on('requestFailed', (error) => failures.push(error))
      const begun = new Promise<void>((resolve) => {
        source[step] = () => {
          resolve()
          return new Promise<never>((_resolve, reject) => {
            source.close = () => reject(new Error('aborted'))
          })
        }
      })
      const answer = ask('PLAY').catch(() => undefined)
      await begun
      const closed = once(server, 'connectionClosed')
      client.socket.resetAndDestroy()
      await closed
      clock.advance(0)
      await Promise.all([answer, settle(await connectTo(server))])
      expect([failures, server.pool.size]).toEqual([[], 0])
    },
  )
})
