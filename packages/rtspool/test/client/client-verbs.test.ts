import { describe, expect, it } from 'vitest'
import { connect, type RtspClientOptions } from '../../src/client/index.js'
import { serializeCompound } from '../../src/rtcp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { closeAfterTest } from '../support/open-things.js'
import { type CameraAnswers, frame, ScriptedCamera } from '../support/scripted-camera.js'
import { rtpPacket } from '../support/test-server.js'
import { nextTurn, until } from '../support/until.js'

const everything = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER'

async function described(answers: CameraAnswers = {}, options: RtspClientOptions = {}) {
  const camera = await ScriptedCamera.start({
    OPTIONS: { headers: { Public: everything } },
    ...answers,
  })
  const clock = new ManualClock()
  const client = await connect(camera.url, { clock, ...options })
  closeAfterTest({
    close: () => client.close(),
    checkClosed: () => expect(clock.pendingTimers, 'timers left').toBe(0),
  })
  return { camera, client, clock }
}

async function playing(answers: CameraAnswers = {}, options: RtspClientOptions = {}) {
  const all = await described(answers, options)
  await all.client.play()
  return all
}

const packet = (sequenceNumber: number, size = 100) =>
  rtpPacket({ sequenceNumber, payload: Buffer.alloc(size, sequenceNumber) })

const bye = serializeCompound([{ type: 'bye', ssrcs: [] }])
const byes = Buffer.concat([frame(1, bye), frame(3, bye)])

describe('the end of all tracks', () => {
  it('comes again after a seek, even right behind its response', async () => {
    const { camera, client } = await playing({
      PLAY: (_, count) => (count === 3 ? { behind: byes } : {}),
    })
    let ends = 0
    client.on('ended', () => ends++)
    for (const count of [1, 2]) {
      const reader = client.packets()
      if (count > 1) await client.seek(0)
      camera.send(Buffer.concat([frame(0, packet(count)), frame(1, bye)]))
      expect((await reader.next()).value?.packet).toEqual(packet(count))
      expect(ends).toBe(count - 1)
      camera.send(frame(3, bye))
      expect((await reader.next()).done).toBe(true)
      expect(ends).toBe(count)
    }
    await client.seek(0)
    await until(() => ends === 3)
    expect((await client.packets().next()).done).toBe(true)
  })

  it('stays after a refused PLAY, for readers to come', async () => {
    const { camera, client } = await playing({
      PLAY: (_, count) => (count > 1 ? { status: 457 } : {}),
    })
    let ends = 0
    client.on('ended', () => ends++)
    camera.send(byes)
    await until(() => ends === 1)
    expect((await client.packets().next()).done).toBe(true)
    await expect(client.play({ range: 'npt=5-' })).rejects.toMatchObject({ statusCode: 457 })
    expect((await client.accessUnits().next()).done).toBe(true)
    expect(ends).toBe(1)
  })
})

describe('pause and resume', () => {
  it('send PAUSE, and PLAY without a Range, for the URL of all tracks', async () => {
    const { camera, client } = await playing()
    const states: string[] = []
    client.on('stateChanged', (state) => states.push(state))
    await client.pause()
    expect(camera.of('PAUSE').map(({ uri }) => uri)).toEqual([camera.url])
    expect(camera.of('PAUSE')[0]?.headers.get('session')).toBe('abc')
    await client.play()
    expect(camera.of('PLAY')[1]?.headers.has('range')).toBe(false)
    expect(states).toEqual(['paused', 'playing'])
  })

  it('send nothing for a client that does not play', async () => {
    const { camera, client } = await described()
    await client.pause()
    await client.play()
    await Promise.all([client.pause(), client.pause()])
    expect(camera.of('PAUSE')).toHaveLength(1)
    expect(client.state).toBe('paused')
  })

  it('keep their order, even when nobody waits for the one before', async () => {
    const { camera, client } = await described()
    await Promise.all([client.play(), client.pause(), client.play({ range: 'npt=5-' })])
    expect(camera.methods.slice(-3)).toEqual(['PLAY', 'PAUSE', 'PLAY'])
    expect(client.state).toBe('playing')
  })

  it('pass Range, Scale and Speed, and return those of the server', async () => {
    const headers = { Range: 'npt=10-20', Scale: '-1.5', Speed: '2.000', 'RTP-Info': 'nonsense' }
    const { camera, client } = await described({ PLAY: { headers } })
    const answer = await client.play({ range: 'npt=10-', scale: -2, speed: 2 })
    const [request] = camera.of('PLAY')
    expect(['range', 'scale', 'speed'].map((name) => request?.headers.get(name))).toEqual([
      'npt=10-',
      '-2',
      '2',
    ])
    expect(answer).toMatchObject({ range: { unit: 'npt' }, scale: -1.5, speed: 2 })
  })

  it('refuse wrong options before anything is sent', async () => {
    const { camera, client } = await described()
    const wrong = [
      { scale: 0 },
      { scale: Number.NaN },
      { speed: -1 },
      { speed: 1e9 },
      { range: 'npt=0-\r\nX: y' },
      { rnage: 'npt=0-' },
    ]
    for (const options of wrong)
      await expect(client.play(options)).rejects.toThrow(/must|no option/)
    await expect(client.seek(-1)).rejects.toThrow(RangeError)
    await expect(client.seek('')).rejects.toThrow(TypeError)
    expect(camera.of('SETUP')).toEqual([])
  })

  it('tell the status and the reason of a server without PAUSE, which plays on', async () => {
    const { camera, client } = await playing({
      PAUSE: 'RTSP/1.0 501 No Pause\r\nCSeq: $CSEQ\r\n\r\n',
    })
    await expect(client.pause()).rejects.toMatchObject({
      code: 'ERR_CLIENT_REFUSED',
      statusCode: 501,
      message: expect.stringContaining('PAUSE: 501'),
      context: { method: 'PAUSE', reason: 'No Pause' },
    })
    expect(client.state).toBe('playing')
    const packets = client.packets()
    camera.send(frame(0, packet(1)))
    expect((await packets.next()).value?.packet).toEqual(packet(1))
  })

  it('end in time with a server that never responds to PAUSE, and plays on', async () => {
    const { camera, client, clock } = await playing({ PAUSE: undefined }, { responseTimeout: 3 })
    const pausing = client.pause()
    await until(() => camera.of('PAUSE').length === 1)
    clock.advance(3000)
    await expect(pausing).rejects.toMatchObject({
      code: 'ERR_CLIENT_TIMEOUT',
      context: { method: 'PAUSE' },
    })
    expect(client.state).toBe('playing')
    await client.play()
  })

  it('end with the client', async () => {
    const { camera, client } = await playing({ PAUSE: undefined })
    const pausing = client.pause()
    await until(() => camera.of('PAUSE').length === 1)
    const caught = expect(pausing).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
    await client.close()
    await caught
  })
})

describe('a seek', () => {
  it('pauses, plays from the position, and discards what came before', async () => {
    const { camera, client } = await playing({ PLAY: { headers: { Range: 'npt=7.5-' } } })
    const packets = client.packets()
    for (const number of [1, 2, 3]) camera.send(frame(0, packet(number)))
    expect((await packets.next()).value?.packet).toEqual(packet(1))
    await until(() => client.stats().packets === 3)
    const { range } = await client.seek(7.5, { scale: 2 })
    expect(camera.methods.slice(-2)).toEqual(['PAUSE', 'PLAY'])
    expect(camera.of('PLAY')[1]?.headers.get('range')).toBe('npt=7.500-')
    expect(camera.of('PLAY')[1]?.headers.get('scale')).toBe('2')
    expect(range).toMatchObject({ unit: 'npt' })
    camera.send(frame(0, packet(9)))
    expect((await packets.next()).value).toMatchObject({ packet: packet(9), missedPackets: 2 })
  })

  it('does without PAUSE where it is not announced', async () => {
    const { camera, client } = await playing({ OPTIONS: { headers: { Public: 'PLAY' } } })
    await client.seek('clock=20261129T120000Z-')
    expect(camera.methods.slice(-2)).toEqual(['PLAY', 'PLAY'])
    expect(camera.of('PLAY')[1]?.headers.get('range')).toBe('clock=20261129T120000Z-')
  })

  it('is the first PLAY of a client that does not play', async () => {
    const { camera, client } = await described()
    await client.seek(30)
    expect(camera.of('PAUSE')).toEqual([])
    expect(camera.of('PLAY').map(({ headers }) => headers.get('range'))).toEqual(['npt=30.000-'])
  })
})

describe('parameters', () => {
  it('are requested by name', async () => {
    const { camera, client } = await playing({
      GET_PARAMETER: { body: 'position: 12.5\r\nframes:7\n\nodd\r\n' },
    })
    const values = await client.getParameters(['position', 'frames'])
    expect([...values]).toEqual([
      ['position', '12.5'],
      ['frames', '7'],
      ['odd', ''],
    ])
    const [request] = camera.of('GET_PARAMETER')
    expect(request?.body.toString()).toBe('position\r\nframes\r\n')
    expect(request?.headers.get('content-type')).toBe('text/parameters')
    expect(request?.headers.get('session')).toBe('abc')
    expect(request?.uri).toBe(camera.url)
  })

  it('need neither names nor a session', async () => {
    const { camera, client } = await described()
    expect([...(await client.getParameters())]).toEqual([])
    const [request] = camera.of('GET_PARAMETER')
    expect(request?.headers.has('session')).toBe(false)
    expect(request?.headers.has('content-type')).toBe(false)
  })

  it('are set', async () => {
    const { camera, client } = await playing()
    await client.setParameters({ brightness: '50', 'x-mode': 'a b' })
    expect(camera.of('SET_PARAMETER')[0]?.body.toString()).toBe('brightness: 50\r\nx-mode: a b\r\n')
  })

  it('that the server does not have are named by the error', async () => {
    const refusal = {
      status: 451,
      headers: { 'Content-Type': 'text/parameters' },
      body: 'zoom\r\n',
    }
    const { client } = await playing({ GET_PARAMETER: refusal, SET_PARAMETER: refusal })
    for (const asking of [client.getParameters(['zoom']), client.setParameters({ zoom: '2' })]) {
      await expect(asking).rejects.toMatchObject({
        code: 'ERR_CLIENT_REFUSED',
        statusCode: 451,
        context: { parameters: ['zoom'] },
      })
    }
  })

  it('cannot add lines to a request', async () => {
    const { camera, client } = await playing()
    for (const name of ['a b', 'a:', 'a\nb', '', '\0']) {
      await expect(client.getParameters([name])).rejects.toThrow(TypeError)
      await expect(client.setParameters({ [name]: 'x' })).rejects.toThrow(TypeError)
    }
    await expect(client.setParameters({ a: 'x\r\nb: y' })).rejects.toThrow(TypeError)
    expect(camera.of('SET_PARAMETER')).toEqual([])
  })
})

describe('requests while nobody reads', () => {
  it('get their responses, which stand behind more packets than fit in the queue', async () => {
    const { camera, client } = await playing()
    const packets = client.packets({ maxQueuedBytes: 100_000 })
    for (let at = 0; at < 100; at++) camera.send(frame(0, packet(at, 10_000)))
    await until(() => client.stats().packets > 5)
    await nextTurn(20)
    expect(client.stats().packets).toBeLessThan(100)
    await client.pause()
    expect(client.stats().packets).toBe(100)
    let missed = 0
    let read = 0
    camera.send(frame(0, packet(100)))
    for await (const { missedPackets } of packets) {
      missed += missedPackets
      if (++read + missed === 101) break
    }
    expect(missed).toBeGreaterThan(50)
  })
})
