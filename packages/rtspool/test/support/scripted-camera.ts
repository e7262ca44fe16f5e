import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import {
  RtspHeaders,
  RtspParser,
  type RtspRequest,
  serializeResponse,
} from '../../src/rtsp/index.js'
import { closeAfterTest } from './open-things.js'
import { testCertificate } from './test-server.js'

/** Response of a camera; bytes are sent as they are, and `undefined` is no response. */
export type CameraAnswer =
  | {
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
      readonly body?: string
      /** Bytes to send right behind the response. */
      readonly behind?: Buffer
    }
  | string
  | undefined

export type CameraAnswers = Readonly<
  Record<string, CameraAnswer | ((request: RtspRequest, count: number) => CameraAnswer)>
>

export const cameraSdp = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=camera',
  't=0 0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:track1',
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 opus/48000/2',
  'a=control:track2',
  '',
].join('\r\n')

/** Answers of a camera without quirks. */
const plain: CameraAnswers = {
  OPTIONS: { headers: { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER' } },
  DESCRIBE: { headers: { 'Content-Type': 'application/sdp' }, body: cameraSdp },
  SETUP: (request) => ({
    headers: { Session: 'abc;timeout=60', Transport: request.headers.get('transport') ?? '' },
  }),
}

/** A camera that says exactly what a test tells it to, over real sockets. */
export class ScriptedCamera {
  readonly requests: RtspRequest[] = []
  /** Interleaved frames of clients. */
  readonly frames: { readonly channel: number; readonly payload: Buffer }[] = []
  readonly sockets: Socket[] = []
  readonly #answers: CameraAnswers
  readonly #server: Server
  #port = 0

  private constructor(answers: CameraAnswers, isSecure: boolean) {
    this.#answers = { ...plain, ...answers }
    const serve = (socket: Socket): void => this.#serve(socket)
    const { key, cert } = testCertificate('first')
    this.#server = isSecure
      ? createTlsServer({ key: Buffer.from(key), cert: Buffer.from(cert) }, serve)
      : createServer(serve)
  }

  /** Starts a camera on the loopback; closed after the test. */
  static async start(answers: CameraAnswers = {}, isSecure = false): Promise<ScriptedCamera> {
    const camera = new ScriptedCamera(answers, isSecure)
    camera.#server.listen(0, '127.0.0.1')
    await once(camera.#server, 'listening')
    closeAfterTest(camera)
    return camera
  }

  get port(): number {
    return (this.#server.address() as { readonly port: number }).port
  }

  /** URL without user and password. */
  get url(): string {
    return `rtsp://127.0.0.1:${this.port}/cam`
  }

  get methods(): string[] {
    return this.requests.map(({ method }) => method)
  }

  /** The requests of one method. */
  of(method: string): RtspRequest[] {
    return this.requests.filter((request) => request.method === method)
  }

  /** Sends bytes on the last connection. */
  send(bytes: Buffer | string): void {
    this.sockets.at(-1)?.write(bytes)
  }

  /** Ends all connections, and accepts none until {@link resume}. */
  async pause(): Promise<void> {
    this.#port = this.port
    await this.close()
  }

  /** Accepts connections again, at the same port. */
  async resume(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.sockets.push(socket)
    const parser = new RtspParser({
      request: (request) => this.#answer(socket, request),
      response: () => undefined,
      interleaved: (channel, payload) => {
        this.frames.push({ channel, payload: Buffer.from(payload) })
      },
    })
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => parser.push(chunk))
  }

  #answer(socket: Socket, request: RtspRequest): void {
    this.requests.push(request)
    const known = Object.hasOwn(this.#answers, request.method)
    const scripted = known ? this.#answers[request.method] : {}
    const count = this.of(request.method).length
    const answer = typeof scripted === 'function' ? scripted(request, count) : scripted
    if (answer === undefined || socket.destroyed) return
    if (typeof answer === 'string') {
      socket.write(answer.replace('$CSEQ', request.headers.get('cseq') ?? ''))
      return
    }
    const { status = 200, headers = {}, body = '', behind } = answer
    const entries = Array.isArray(headers) ? headers : Object.entries(headers)
    const all = new RtspHeaders([['CSeq', request.headers.get('cseq') ?? ''], ...entries])
    const bytes = serializeResponse({ statusCode: status, headers: all, body })
    socket.write(behind ? Buffer.concat([bytes, behind]) : bytes)
  }
}

/** An interleaved frame. */
export function frame(channel: number, payload: Buffer): Buffer {
  const header = Buffer.from([0x24, channel, payload.length >>> 8, payload.length & 0xff])
  return Buffer.concat([header, payload])
}
