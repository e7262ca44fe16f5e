import { ManualClock } from 'rtspool/testing'
import { onTestFinished } from 'vitest'
import { LoopbackEcho } from '../../../rtspool/test/support/loopback-echo.js'
import { RtspTestClient, sessionIdOf } from '../../../rtspool/test/support/rtsp-client.js'
import { advancing, until } from '../../../rtspool/test/support/until.js'
import { CameraServer, type CameraServerOptions } from '../../src/camera/camera-server.js'
import { cameraFiles } from '../../src/test-picture.js'

const stepMs = 10
/** Time that passes until all that was sent before has arrived: less than any time limit of these tests. */
const deliveryMs = 50

/** Virtual cameras on a fake clock, and clients of them; all are closed after the test. */
export class CameraScene {
  readonly clock = new ManualClock()
  readonly server: CameraServer
  readonly refused: string[] = []

  static async start(options: Partial<CameraServerOptions> = {}): Promise<CameraScene> {
    const scene = new CameraScene(options)
    onTestFinished(() => scene.server.close())
    await scene.server.listen()
    return scene
  }

  private constructor(options: Partial<CameraServerOptions>) {
    this.server = new CameraServer({
      ...{ files: cameraFiles, port: 0, clock: this.clock },
      onRefused: (_uri, explanation) => void this.refused.push(explanation),
      ...options,
    })
  }

  get authority(): string {
    return `127.0.0.1:${this.server.address().port}`
  }

  url(query = '', path = '/test'): string {
    return `rtsp://${this.authority}${path}${query === '' ? '' : `?${query}`}`
  }

  async connect(query = '', path = '/test'): Promise<CameraClient> {
    const client = await RtspTestClient.connect(this.server.address().port)
    onTestFinished(() => client.close())
    return new CameraClient(this, client, this.url(query, path))
  }

  /** Moves the clock until something is true. */
  until(isDone: () => boolean): Promise<void> {
    return until(isDone, advancing(this.clock, stepMs))
  }

  /** Moves the clock, in steps in which everything due happens and what was sent arrives. */
  async pass(seconds: number): Promise<void> {
    const end = this.clock.now() + seconds * 1000
    const echo = await LoopbackEcho.open()
    try {
      while (this.clock.now() < end) {
        const step = Math.min(this.clock.now() + deliveryMs, end)
        await this.until(() => this.clock.now() >= step)
        await echo.come()
      }
    } finally {
      echo.close()
    }
  }
}

/** A client of one URL. */
export class CameraClient {
  readonly scene: CameraScene
  readonly rtsp: RtspTestClient
  readonly url: string
  session = ''
  isClosed = false

  constructor(scene: CameraScene, rtsp: RtspTestClient, url: string) {
    this.scene = scene
    this.rtsp = rtsp
    this.url = url
    rtsp.socket.once('close', () => {
      this.isClosed = true
    })
  }

  describe(headers: Readonly<Record<string, string>> = {}) {
    return this.rtsp.request('DESCRIBE', this.url, {
      headers: { 'User-Agent': 'test', ...headers },
    })
  }

  async sdp(): Promise<string> {
    return (await this.describe()).body.toString()
  }

  async setUp(transport: string, track = 0, headers: Readonly<Record<string, string>> = {}) {
    const session = this.session === '' ? {} : { Session: this.session }
    const response = await this.rtsp.request('SETUP', `${this.url}/trackID=${track}`, {
      headers: { Transport: transport, ...session, ...headers },
    })
    this.session ||= sessionIdOf(response)
    return response
  }

  /** Sends a request of the session, for the whole stream. */
  ask(method: string, headers: Readonly<Record<string, string>> = {}, url = this.url) {
    return this.rtsp.request(method, url, { headers: { Session: this.session, ...headers } })
  }

  /** Describes, sets up tracks over TCP, and plays. */
  async play(tracks: readonly number[] = [0]): Promise<void> {
    await this.describe()
    for (const track of tracks) {
      await this.setUp(`RTP/AVP/TCP;unicast;interleaved=${2 * track}-${2 * track + 1}`, track)
    }
    await this.ask('PLAY', { Range: 'npt=0-' })
  }

  /** RTP packets of a channel so far. */
  packets(channel = 0): Buffer[] {
    return this.rtsp.frames
      .filter((frame) => frame.channel === channel)
      .map(({ payload }) => payload)
  }

  /** Moves the clock until so many RTP packets have arrived. */
  async receive(count: number, channel = 0): Promise<Buffer[]> {
    await this.scene.until(() => this.packets(channel).length >= count)
    return this.packets(channel).slice(0, count)
  }
}
