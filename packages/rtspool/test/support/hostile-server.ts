import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { RtspParser, type RtspRequest } from '../../src/rtsp/index.js'
import { mutate, type SeededRandom } from '../rtsp/mutate.js'
import { cameraSdp, frame } from './scripted-camera.js'
import { rtpPacket } from './test-server.js'

/** Addresses of the loopback: of the server that a client trusts, and of another one. */
export const [ownHost, otherHost] = ['127.0.0.1', '127.0.0.2']

const challenges = [
  'Digest realm="r", nonce="n"',
  'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"',
  'Digest realm="r", nonce="n", qop="auth-int"',
  'Digest realm="\\"", nonce="", stale=true',
  'Basic realm="r"',
  'Basic',
  'Bearer x, Basic realm="a, b", Digest realm="r", nonce="n"',
]
const transports = [
  'RTP/AVP/TCP;unicast;interleaved=0-1',
  'RTP/AVP;interleaved=2',
  'RTP/AVP/TCP;interleaved=255-256',
  'RTP/AVP/UDP;unicast;client_port=1-2;server_port=3-4;source=192.0.2.1',
  'RTP/AVP;unicast;server_port=9-9',
  'nonsense',
]
const sdps = [
  cameraSdp,
  cameraSdp.replace('track1', `rtsp://${otherHost}:554/track1`),
  cameraSdp.replace('track1', '/track1').replace('track2', '?x=1'),
  `v=0\r\n${'m=video 0 RTP/AVP 96\r\n'.repeat(300)}`,
  'v=0\r\nm=audio 0 RTP/AVP 0\r\na=sendonly\r\n',
  '',
]

/**
 * A server that responds at random: well, mutated, cut into pieces, with redirects and URIs to another host, with
 * challenges, frames and rubbish in between, or not at all.
 */
export class HostileServer {
  /** Everything that clients have sent. */
  received = ''
  readonly sockets: Socket[] = []
  /** Port of the server at {@link otherHost}; for redirects. */
  otherPort = 0
  readonly #random: SeededRandom
  readonly #server: Server
  #sequenceNumber = 0

  private constructor(random: SeededRandom) {
    this.#random = random
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(host: string, random: SeededRandom): Promise<HostileServer> {
    const server = new HostileServer(random)
    server.#server.listen(0, host)
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as { readonly port: number }).port
  }

  /** Forgets the clients before. */
  begin(): void {
    this.received = ''
    for (const socket of this.sockets.splice(0)) socket.destroy()
  }

  async close(): Promise<void> {
    this.begin()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.sockets.push(socket)
    const parser = new RtspParser({
      request: (request) => this.#answer(socket, request),
      response: () => undefined,
      interleaved: () => undefined,
    })
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      this.received += text
      // A client that follows a redirect through a tunnel.
      if (/^(GET|POST) \S+ HTTP\//.test(text)) socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
      else parser.push(chunk)
    })
  }

  #answer(socket: Socket, request: RtspRequest): void {
    const random = this.#random
    const kind = random.below(24)
    if (kind === 0) return
    if (kind === 1) socket.destroy()
    else if (kind === 2) this.#write(socket, Buffer.concat([this.#rubbish(), this.#good(request)]))
    else if (kind === 3) this.#write(socket, mutate([this.#good(request)], random))
    else if (kind === 4) this.#write(socket, this.#response(request, random.pick(statuses), []))
    else if (kind === 5) this.#write(socket, this.#challenge(request))
    else if (kind === 6) this.#write(socket, this.#redirect(request))
    else this.#write(socket, this.#good(request))
  }

  #challenge(request: RtspRequest): Buffer {
    const lines = [`WWW-Authenticate: ${this.#random.pick(challenges)}`]
    if (this.#random.below(2)) lines.push(`WWW-Authenticate: ${this.#random.pick(challenges)}`)
    return this.#response(request, '401 Unauthorized', lines)
  }

  #redirect(request: RtspRequest): Buffer {
    const other = `rtsp://${otherHost}:${this.otherPort}/x`
    const places = [other, request.uri, '/x', 'rtsp://', other.replace('://', '://a:b@')]
    const location = `Location: ${this.#random.pick(places)}`
    return this.#response(request, '302 Found', [location])
  }

  /** What a camera would respond, with random values of the headers that a client believes. */
  #good(request: RtspRequest): Buffer {
    const random = this.#random
    const { method } = request
    if (method === 'OPTIONS') {
      const methods = random.pick(['PLAY, PAUSE, GET_PARAMETER', 'PLAY', ''])
      return this.#response(request, '200 OK', [`Public: ${methods}`])
    }
    if (method === 'DESCRIBE') {
      const sdp = random.pick([cameraSdp, cameraSdp, cameraSdp, ...sdps])
      const body = random.below(8) ? Buffer.from(sdp) : mutate([Buffer.from(sdp)], random)
      const base = random.below(3) ? [] : [`Content-Base: rtsp://${otherHost}:${this.otherPort}/x/`]
      return this.#response(request, '200 OK', ['Content-Type: application/sdp', ...base], body)
    }
    if (method === 'SETUP') {
      const asked = request.headers.get('transport') ?? ''
      const transport = random.below(4) ? asked : random.pick(transports)
      const session = `Session: ${random.pick(['abc', 'abc;timeout=0', 'abc;timeout=1', 'x;y;z'])}`
      return this.#response(request, '200 OK', [`Transport: ${transport}`, session])
    }
    const lines = ['RTP-Info: url=x;seq=1;rtptime=1', 'Range: npt=0-', 'Scale: 1e99']
    return Buffer.concat([this.#response(request, '200 OK', lines), this.#media()])
  }

  #media(): Buffer {
    const frames: Buffer[] = []
    for (let count = this.#random.below(8); count > 0; count--) {
      const payload = Buffer.from([0x7c, this.#random.below(256), this.#random.below(256)])
      const sequenceNumber = this.#sequenceNumber++ & 0xffff
      const timestamp = this.#random.below(3) * 3000
      const packet = rtpPacket({ sequenceNumber, timestamp, payload })
      const bytes = this.#random.below(3) ? packet : mutate([packet], this.#random)
      frames.push(frame(this.#random.below(5), bytes.subarray(0, 60_000)))
    }
    return Buffer.concat(frames)
  }

  #rubbish(): Buffer {
    const size = this.#random.below(200)
    return Buffer.from(Array.from({ length: size }, () => this.#random.below(256)))
  }

  #response(
    request: RtspRequest,
    status: string,
    lines: readonly string[],
    body: Buffer = Buffer.alloc(0),
  ): Buffer {
    const cSeq = request.headers.get('cseq') ?? ''
    const head = [`RTSP/1.0 ${status}`, `CSeq: ${cSeq}`, ...lines, `Content-Length: ${body.length}`]
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body])
  }

  /** Writes bytes, sometimes in two pieces. */
  #write(socket: Socket, bytes: Buffer): void {
    if (socket.destroyed) return
    const cut = this.#random.below(4) === 0 ? this.#random.below(bytes.length + 1) : 0
    if (cut > 0) socket.write(bytes.subarray(0, cut))
    socket.write(bytes.subarray(cut))
  }
}

const statuses = ['100 Continue', '404 Not Found', '454 X', '461 X', '500', '999 X', '200']
