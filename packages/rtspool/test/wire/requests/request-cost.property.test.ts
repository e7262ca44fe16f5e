import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, it } from 'vitest'
import type { RtspServer } from '../../../src/index.js'
import type { DigestChallenge } from '../../../src/rtsp/index.js'
import { digestChallengeOf, digestHeader, startProtectedServer } from '../../support/credentials.js'
import { mountCamera, setUp } from '../../support/dialogue.js'
import { closeAfterTest } from '../../support/open-things.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { realTimeScene } from '../../support/scene.js'
import { SrtpPeer, srtpTcp } from '../../support/srtp-peer.js'
import {
  connectTlsTo,
  connectTo,
  openUdpPorts,
  startServer,
  testCertificate,
  urlOf,
} from '../../support/test-server.js'
import { settle } from '../../support/until.js'
import {
  type Common,
  type LargestRequest,
  largestKeyRequests,
  largestRequests,
} from './largest-requests.js'

/** Processor time that no request may take, with that of its client. */
const plainMaxMs = 1
/** Inside TLS both sides encrypt and decrypt 64 KiB in this process. */
const secureMaxMs = 3
const perRound = 8
/** The least of so many rounds counts: other processes take time of this one, and none give it any. */
const maxRounds = 10

class Asker {
  readonly #connect: () => Socket
  #socket: Socket | undefined
  #text = ''
  #answers = 0
  #onChange = (): void => {}

  constructor(server: RtspServer, isSecure: boolean) {
    const { port } = isSecure ? server.tlsAddress() : server.address()
    const host = '127.0.0.1'
    this.#connect = () =>
      isSecure ? connectTls({ port, host, rejectUnauthorized: false }) : connect(port, host)
  }

  async ask(wire: Buffer, count: number): Promise<void> {
    const socket = await this.#open()
    this.#answers = 0
    const done = new Promise<void>((resolve) => {
      this.#onChange = () => {
        if (this.#answers >= count || socket.closed) resolve()
      }
    })
    for (let sent = 0; sent < count; sent++) socket.write(wire)
    await done
  }

  async #open(): Promise<Socket> {
    if (this.#socket?.writable && !this.#socket.closed) return this.#socket
    const socket = this.#connect()
    this.#socket = socket
    closeAfterTest({ close: async () => void socket.destroy() })
    socket.on('error', () => {})
    socket.on('close', () => this.#onChange())
    socket.on('data', (chunk: Buffer) => {
      this.#text = this.#text.slice(-8) + chunk.toString('latin1')
      this.#answers += this.#text.split('RTSP/1.0 ').length - 1
      this.#text = this.#text.slice(this.#text.lastIndexOf('RTSP/1.0 ') + 9)
      this.#onChange()
    })
    await once(socket, 'connect')
    return socket
  }
}

/** @returns The least that one of these has cost, in milliseconds of the processor. */
async function costOf(asker: Asker, { wire }: LargestRequest, maxMs: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < maxRounds && least > maxMs; round++) {
    const before = process.cpuUsage()
    await asker.ask(wire, perRound)
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000 / perRound)
  }
  return least
}

/** @returns Those that cost too much, each with its cost. */
async function tooDear(
  server: RtspServer,
  requests: Iterable<LargestRequest>,
  isSecure = false,
): Promise<string[]> {
  const asker = new Asker(server, isSecure)
  const maxMs = isSecure ? secureMaxMs : plainMaxMs
  const dear: string[] = []
  for (const request of requests) {
    let cost = await costOf(asker, request, maxMs)
    for (let again = 0; again < 20 && cost > maxMs; again++) {
      await settle(250, 'other programs may have had the processor')
      cost = Math.min(cost, await costOf(asker, request, maxMs))
    }
    if (cost > maxMs) dear.push(`${request.name.slice(0, 100)}: ${cost.toFixed(1)} ms`)
  }
  return dear
}

/** A digest for any nonce of ours would be stale: the credentials are right, and that is what costs most. */
function withDigest(challenge: DigestChallenge): Common {
  return (method, uri) => [`Authorization: ${digestHeader(challenge, method, uri)}`]
}

it('the largest request of each kind costs at most 1 ms', {
  tags: ['S-2', 'S-10', 'B-LOOP', 'generator'],
  timeout: 300_000,
}, async () => {
  const server = await startServer({ udpPorts: false })
  mountCamera(server)
  server.mounts.allowPublish('/cam/*')
  const url = urlOf(server, '/cam')
  expect(await tooDear(server, largestRequests(url))).toEqual([])
})

it('the same in a session', { tags: ['S-2', 'B-LOOP'], timeout: 300_000 }, async () => {
  const { server, url, client } = await realTimeScene({ udpPorts: [40_000, 41_000] })
    .camera()
    .client()
    .start()
  const { clientPort } = await openUdpPorts()
  const transport = `RTP/AVP;unicast;client_port=${clientPort}`
  const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
  const inSession = () => [`Session: ${session}`]
  const short = { headers: ['Transport', 'Range', 'Session', 'RTP-Info', 'Scale', 'Speed'] }
  expect(await tooDear(server, largestRequests(url, inSession, short))).toEqual([])
})

it('the same with credentials', { tags: ['S-2', 'B-LOOP'], timeout: 300_000 }, async () => {
  const { server } = await startProtectedServer({ udpPorts: false })
  const url = urlOf(server, '/priv')
  const client = await connectTo(server)
  const challenge = digestChallengeOf(await client.request('DESCRIBE', url))
  const short = { headers: ['Authorization', 'Session'] }
  expect(await tooDear(server, largestRequests(url, withDigest(challenge), short))).toEqual([])
})

/** A key that a client offers, in a message that is filled up with what says nothing. */
function filledMessage(sizeBytes: number): Buffer {
  const { message } = new SrtpPeer()
  const rest = Math.min(0xffff, sizeBytes - message.length - 5)
  if (rest < 0) return message
  // The payload after the header becomes the second: type of the next payload, type of its own, length.
  const extension = Buffer.alloc(4 + rest)
  extension[0] = message[2] ?? 0
  extension.writeUInt16BE(rest, 2)
  const headerBytes = 10 + 9 * (message[8] ?? 0)
  const header = Buffer.from(message.subarray(0, headerBytes))
  header[2] = 21
  return Buffer.concat([header, extension, message.subarray(headerBytes)])
}

it('the same with keys, inside TLS', { tags: ['S-2', 'B-LOOP'], timeout: 300_000 }, async () => {
  const server = await startServer({
    udpPorts: false,
    tls: { port: 0, ...testCertificate('first') },
  })
  mountCamera(server)
  server.mounts.allowPublish('/cam/*')
  const { port } = server.tlsAddress()
  const url = `rtsps://127.0.0.1:${port}/cam`
  const client = await connectTlsTo(server)
  const headers = { KeyMgmt: new SrtpPeer().header() }
  const setup = await client.request('SETUP', `${url}/trackID=0`, {
    headers: { ...headers, Transport: srtpTcp },
  })
  const inSession = () => [`Session: ${sessionIdOf(setup)}`]
  const requests = [...largestKeyRequests(url, inSession, filledMessage)]
  expect(await tooDear(server, requests, true)).toEqual([])
})
