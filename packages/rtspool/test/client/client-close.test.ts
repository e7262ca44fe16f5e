import { describe, expect, it } from 'vitest'
import { connect, type RtspClientOptions } from '../../src/client/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { type CameraAnswers, ScriptedCamera } from '../support/scripted-camera.js'
import { nextTurn, until } from '../support/until.js'

async function connected(answers: CameraAnswers, options: RtspClientOptions = {}) {
  const camera = await ScriptedCamera.start(answers)
  const clock = new ManualClock()
  const client = await connect(camera.url, { clock, ...options })
  return { camera, client, clock }
}

const hasLeft = (camera: ScriptedCamera) => camera.sockets.every((socket) => socket.destroyed)

describe('close while the client changes its transport', () => {
  it('leaves no connection and no timer, wherever the change is', async () => {
    const unanswered: CameraAnswers[] = [
      { OPTIONS: (_, count) => (count === 1 ? {} : undefined) },
      {
        DESCRIBE: ({ headers }, count) =>
          count === 1 ? { headers: { from: headers.get('cseq') ?? '' }, body: sdp } : undefined,
      },
    ]
    for (const answers of unanswered) {
      const [method = ''] = Object.keys(answers)
      const { camera, client, clock } = await connected({ SETUP: { status: 461 }, ...answers })
      const played = expect(client.play()).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
      await until(() => camera.of(method).length === 2)
      await client.close()
      expect(clock.pendingTimers).toBe(0)
      await played
      await until(() => hasLeft(camera))
    }
  })

  it('says one TEARDOWN, even when the change has said it', async () => {
    const { camera, client, clock } = await connected({
      SETUP: (_, count) =>
        count === 2
          ? { status: 461 }
          : { headers: { Session: 'a', Transport: 'RTP/AVP/TCP;interleaved=0-1' } },
      TEARDOWN: undefined,
    })
    const played = expect(client.play()).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
    await until(() => camera.of('TEARDOWN').length === 1)
    const closed = client.close()
    clock.advance(500)
    await closed
    await played
    await until(() => hasLeft(camera))
    expect(camera.of('TEARDOWN')).toHaveLength(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends a change after a silence over UDP', async () => {
    const { camera, client, clock } = await connected(
      {
        SETUP: ({ headers }) => ({
          headers: { Session: 'a', Transport: `${headers.get('transport')};server_port=4-5` },
        }),
        DESCRIBE: (_, count) => (count === 1 ? { body: sdp } : undefined),
      },
      { transports: ['udp', 'tcp'] },
    )
    await client.play()
    clock.advance(4000)
    await until(() => camera.of('DESCRIBE').length === 2)
    await client.close()
    expect(clock.pendingTimers).toBe(0)
    await until(() => hasLeft(camera))
  })
})

describe('a function for further headers', () => {
  const failingIn = (wanted: string) => ({
    headers: ({ method }: { readonly method: string }): [string, string][] => {
      if (method === wanted) throw new Error('no token')
      return [['X-Token', 'a']]
    },
  })

  it.each(['GET_PARAMETER', 'TEARDOWN'])('ends the client where it throws: %s', async (method) => {
    const answers: CameraAnswers = { OPTIONS: { headers: { Public: 'GET_PARAMETER' } } }
    const { camera, client, clock } = await connected(answers, failingIn(method))
    const errors: unknown[] = []
    client.on('closed', (error) => errors.push(error))
    await client.play()
    expect(camera.of('PLAY')[0]?.headers.get('x-token')).toBe('a')
    clock.advance(30_000)
    await nextTurn()
    await client.close()
    expect(errors).toEqual([method === 'TEARDOWN' ? undefined : new Error('no token')])
    expect([camera.of(method).length, clock.pendingTimers]).toEqual([0, 0])
    await until(() => hasLeft(camera))
  })

  it('rejects the request for which it throws', async () => {
    const camera = await ScriptedCamera.start({})
    await expect(connect(camera.url, failingIn('DESCRIBE'))).rejects.toThrow('no token')
    await until(() => hasLeft(camera))
  })
})

const sdp = 'v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 0\r\n'
