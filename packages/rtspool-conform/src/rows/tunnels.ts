import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { CarrierName } from '../carriers/carrier.js'
import { getHead, headOf, newCookie, postHead, tunnelType } from '../carriers/http.js'
import type { HttpHead } from '../carriers/http-head.js'
import { openSocket } from '../carriers/socket.js'
import { CannotRun, check } from '../mismatch.js'
import type { Row } from '../row.js'
import type { Trial } from '../trial.js'

const http: readonly CarrierName[] = ['http', 'https']
/**
 * Milliseconds without received bytes after which a test concludes that the server sends nothing.
 */
const silenceMs = 500

/**
 * An HTTP tunnel whose GET and POST a test sends separately. The connections of the tunnel are closed after the test.
 */
class Tunnel {
  readonly cookie = newCookie()
  readonly #trial: Trial
  readonly #sockets: Socket[] = []
  #received = ''

  constructor(trial: Trial) {
    this.#trial = trial
  }

  get target() {
    const { targets } = this.#trial
    const { host, port, path } = targets.main
    return { name: targets.carrier, host, port, path, isInsecure: targets.isInsecure }
  }

  async socket(): Promise<Socket> {
    const socket = await openSocket(this.target, this.#trial.waiting.leftMs)
    socket.on('error', () => socket.destroy())
    this.#sockets.push(socket)
    return socket
  }

  /**
   * Sends the GET of the tunnel on a new connection. Bytes in the response are collected for {@link answered}.
   *
   * @returns The head of the response.
   * @throws {Mismatch} The status of the response is not 200.
   */
  async get(version = '1.1'): Promise<HttpHead> {
    const socket = await this.socket()
    socket.write(getHead(this.target, this.cookie, version))
    const head = await headOf(socket, this.#trial.waiting.leftMs)
    check(head.status === 200, '200 to GET', head.startLine)
    this.#received += head.rest.toString('latin1')
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1')
      this.#trial.waiting.notify()
    })
    return head
  }

  async post(version = '1.1'): Promise<Socket> {
    const socket = await this.socket()
    socket.write(postHead(this.target, this.cookie, version))
    return socket
  }

  /**
   * Waits at most 3 s until the text received through the tunnel matches a pattern.
   *
   * @param expected - Description of the text, for the message of a failure.
   * @throws {Mismatch} The text does not arrive in time.
   */
  answered(pattern: RegExp, expected: string): Promise<true> {
    const look = () => (pattern.test(this.#received) ? (true as const) : undefined)
    return this.#trial.waiting.until(look, expected, () => 'nothing', 3000)
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Wraps a conformance test that needs a tunnel: creates the tunnel before the test, and closes it afterwards. */
const withTunnel =
  (run: (tunnel: Tunnel, trial: Trial) => Promise<string | undefined>) => async (trial: Trial) => {
    const tunnel = new Tunnel(trial)
    try {
      return await run(tunnel, trial)
    } finally {
      tunnel.close()
    }
  }

const optionsText = (uri: string, cSeq: number): string =>
  `OPTIONS ${uri} RTSP/1.0\r\nCSeq: ${cSeq}\r\n\r\n`

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/**
 * Waits for the HTTP response with which a server refuses a request.
 *
 * @returns Its status; 0 if the server closes the connection without a response.
 */
async function refusedWith(socket: Socket, limitMs: number): Promise<number> {
  try {
    return (await headOf(socket, limitMs)).status
  } catch (error) {
    if (error instanceof CannotRun) return socket.destroyed ? 0 : Number.NaN
    throw error
  }
}

/** Returns whether the server has refused with 4xx, or closed the connection (0). */
const isRefused = (status: number): boolean => status === 0 || (status >= 400 && status < 500)

/** Conformance tests for RTSP through HTTP. */
export const httpRows: readonly Row[] = [
  {
    id: 'A-HTP-1',
    level: 'must',
    reference: 'Apple: RTSP over HTTP; ONVIF Streaming 5.1.1.4',
    requirement: 'GET opens the way back: 200, the type of the tunnel, and no length',
    expected: `200 with Content-Type: ${tunnelType}`,
    carriers: http,
    run: withTunnel(async (tunnel) => {
      const { headers } = await tunnel.get()
      const type = headers.get('content-type') ?? 'no Content-Type'
      check(type.toLowerCase() === tunnelType, tunnelType, type)
      const length = headers.get('content-length')
      check(length === undefined, 'no Content-Length', length ?? '')
      return undefined
    }),
  },
  {
    id: 'A-HTP-2',
    level: 'must',
    reference: 'RFC 1945, RFC 2068; FFmpeg 5.1, GStreamer 1.22',
    requirement: 'HTTP/1.0 and HTTP/1.1 both open a tunnel',
    expected: '200 to OPTIONS through each',
    carriers: http,
    run: async (trial) => {
      for (const version of ['1.0', '1.1']) {
        await withTunnel(async (tunnel) => {
          await tunnel.get(version)
          const post = await tunnel.post(version)
          post.write(base64(optionsText(trial.uri, 1)))
          await tunnel.answered(/^RTSP\/1\.0 200 /, `200 to OPTIONS through HTTP/${version}`)
          return undefined
        })(trial)
      }
      return undefined
    },
  },
  {
    id: 'A-HTP-3',
    level: 'must',
    reference: 'Apple: RTSP over HTTP; RFC 4648 4',
    requirement: 'base64 comes in pieces, each request padded by itself, or over lines',
    expected: '200 to three requests',
    carriers: http,
    run: withTunnel(async (tunnel, trial) => {
      await tunnel.get()
      const post = await tunnel.post()
      const [first, second, third] = [1, 2, 3].map((cSeq) => base64(optionsText(trial.uri, cSeq)))
      for (const character of first ?? '') {
        post.write(character)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await tunnel.answered(/CSeq: 1\r\n/, '200 to base64 in pieces of one character')
      post.write(`${second}${third?.replace(/.{16}/g, '$&\r\n')}`)
      await tunnel.answered(/CSeq: 2\r\n/, '200 to base64 that was padded')
      await tunnel.answered(/CSeq: 3\r\n/, '200 to base64 over several lines')
      return undefined
    }),
  },
  {
    id: 'A-HTP-4',
    level: 'house',
    reference: 'Apple: RTSP over HTTP; live555',
    requirement: 'POST is not answered',
    expected: 'nothing on the connection of the POST',
    carriers: http,
    run: withTunnel(async (tunnel, trial) => {
      await tunnel.get()
      const post = await tunnel.post()
      let answer = ''
      post.on('data', (chunk: Buffer) => {
        answer += chunk.toString('latin1')
      })
      post.write(base64(optionsText(trial.uri, 1)))
      await tunnel.answered(/^RTSP\/1\.0 200 /, '200 to OPTIONS')
      await trial.waiting.pass(silenceMs)
      check(answer === '', 'nothing', answer.split('\r\n', 1)[0] ?? '')
      return undefined
    }),
  },
  {
    id: 'A-HTP-5',
    level: 'should',
    reference: 'Apple: RTSP over HTTP',
    requirement: 'a POST that was closed can be opened again with its cookie',
    expected: '200 to OPTIONS through the second POST',
    carriers: http,
    run: withTunnel(async (tunnel, trial) => {
      await tunnel.get()
      const first = await tunnel.post()
      first.write(base64(optionsText(trial.uri, 1)))
      await tunnel.answered(/CSeq: 1\r\n/, '200 to OPTIONS')
      first.destroy()
      await trial.waiting.pass(200)
      const second = await tunnel.post()
      second.write(base64(optionsText(trial.uri, 2)))
      await tunnel.answered(/CSeq: 2\r\n/, '200 to OPTIONS through the second POST')
      return undefined
    }),
  },
  {
    id: 'A-HTP-6',
    level: 'should',
    reference: 'own decision; CVE-2019-6256',
    requirement: 'a POST that belongs to no GET is refused, and nobody takes a tunnel over',
    expected: '4xx or a close; the first tunnel goes on',
    carriers: http,
    run: withTunnel(async (tunnel, trial) => {
      const orphan = await tunnel.socket()
      orphan.write(postHead(tunnel.target, randomBytes(11).toString('hex')))
      const toOrphan = await refusedWith(orphan, 2000)
      check(isRefused(toOrphan), '4xx to a POST without a GET', `${toOrphan}`)
      await tunnel.get()
      const thief = await tunnel.socket()
      thief.write(getHead(tunnel.target, tunnel.cookie))
      const toThief = await refusedWith(thief, 2000)
      check(isRefused(toThief), '4xx to a second GET', `${toThief}`)
      const post = await tunnel.post()
      post.write(base64(optionsText(trial.uri, 1)))
      await tunnel.answered(/^RTSP\/1\.0 200 /, '200 to OPTIONS through the first tunnel')
      return undefined
    }),
  },
  {
    id: 'A-HTP-7',
    level: 'should',
    reference: 'Apple: RTSP over HTTP; ONVIF Streaming 5.1.1.4',
    requirement: 'media in a tunnel are interleaved: UDP is refused',
    expected: '461 to RTP/AVP by UDP',
    carriers: [...http, 'ws', 'wss'],
    run: async (trial) => {
      const peer = await trial.connect()
      const { tracks } = await trial.describe(peer)
      const headers = { Transport: 'RTP/AVP;unicast;client_port=40000-40001' }
      await peer.expect(461, 'SETUP', tracks[0]?.uri ?? trial.uri, { headers })
      return undefined
    },
  },
]
