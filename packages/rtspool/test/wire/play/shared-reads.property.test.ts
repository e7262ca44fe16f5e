import { describe, expect, it } from 'vitest'
import type { RtspServer } from '../../../src/index.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import { fuzzSeed } from '../../support/fuzz-runs.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import {
  connectTo,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const h264Sdp = testSdp.replace('X-foo/90000', 'H264/90000')
const cameras = 3
const pictures = 60
const picturesPerGop = 25
const latePictures = [22, 47]
/** The last access unit may wait for the packet after it. */
const slicesOfLastPicture = 5

/** A publisher whose packets arrive in pieces of any size, between those of other publishers. */
class Camera {
  readonly url: string
  readonly sent: Buffer[] = []
  /** Functions that return the packets which each of the readers has received. */
  readonly readers: (() => readonly Buffer[])[] = []
  readonly #client: RtspTestClient
  readonly #random: () => number
  #unsent = Buffer.alloc(0)
  #picture = 0

  constructor(client: RtspTestClient, url: string, random: () => number) {
    this.#client = client
    this.url = url
    this.#random = random
  }

  addPicture(): void {
    const isKey = this.#picture % picturesPerGop === 0
    const count = 1 + this.#upTo(5)
    for (let slice = 0; slice < count; slice++) {
      const payload = Buffer.alloc(10 + this.#upTo(1300), this.#upTo(256))
      payload[0] = isKey ? 0x65 : 0x41
      payload[1] = slice === 0 ? 0x88 : 0x48
      const packet = rtpPacket({
        sequenceNumber: this.sent.length,
        timestamp: this.#picture * 3000,
        marker: slice === count - 1,
        payload,
      })
      this.sent.push(packet)
      const header = Buffer.from([0x24, 0, packet.length >>> 8, packet.length & 0xff])
      this.#unsent = Buffer.concat([this.#unsent, header, packet])
    }
    this.#picture++
  }

  /** Sends the waiting bytes up to any of them, or all. */
  send(isLast: boolean): void {
    const count = isLast ? this.#unsent.length : this.#upTo(this.#unsent.length + 1)
    this.#client.send(this.#unsent.subarray(0, count))
    this.#unsent = this.#unsent.subarray(count)
  }

  /** Checks that a reader has received all packets from its first one on. */
  faultsOf(received: readonly Buffer[]): number {
    const [first] = received
    const wanted = first ? this.sent.slice(sequenceNumberOf(first)) : this.sent
    return wanted.filter((packet, index) => !received[index]?.equals(packet)).length
  }

  hasAll(received: readonly Buffer[]): boolean {
    const last = received.at(-1)
    return last !== undefined && sequenceNumberOf(last) === this.sent.length - 1
  }

  #upTo(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}

/** Adds a viewer over TCP and one over UDP. */
async function addReaders(server: RtspServer, camera: Camera): Promise<void> {
  const [overTcp, overUdp] = [await connectTo(server), await connectTo(server)]
  const ports = await openUdpPorts()
  await play(overTcp, camera.url, ['TCP'])
  await play(overUdp, camera.url, [ports])
  const rtp = () => overTcp.frames.filter(({ channel }) => channel === 0)
  camera.readers.push(
    () => rtp().map(({ payload }) => payload),
    () => ports.rtp,
  )
}

/** Slices that a reader inside the process gets, as long as they last. */
async function readSlices(server: RtspServer, url: string, slices: Buffer[]): Promise<void> {
  for await (const { parts } of server.read(new URL(url).pathname)) slices.push(...parts)
}

/** The same by visits, of which every third waits for other reads before it uses the slices. */
function visitSlices(server: RtspServer, url: string, slices: Buffer[]): void {
  let visits = 0
  void server.readEach(new URL(url).pathname, ({ parts }) => {
    const copy = () => void slices.push(...parts.map((part) => Buffer.from(part)))
    return visits++ % 3 === 0 ? nextTurn().then(copy) : copy()
  })
}

describe('packets of several TCP publishers, in pieces of any size', () => {
  it.each([
    ['system calls', true],
    ['Node', false],
  ])('reach early and late readers unchanged, sent by %s', async (_name, nativeSockets) => {
    const server = await startServer({ nativeSockets })
    const random = seededRandom(fuzzSeed)
    const all: Camera[] = []
    const slices: Buffer[][] = []
    for (let index = 0; index < cameras; index++) {
      const client = await connectTo(server)
      const url = urlOf(server, `/live/cam${index}`)
      await publish(client, url, ['TCP'], h264Sdp)
      all.push(new Camera(client, url, random))
    }
    for (const camera of all) {
      await addReaders(server, camera)
      const read: Buffer[] = []
      slices.push(read)
      void readSlices(server, camera.url, read)
      const visited: Buffer[] = []
      slices.push(visited)
      visitSlices(server, camera.url, visited)
    }
    for (let picture = 0; picture < pictures; picture++) {
      for (const camera of all) camera.addPicture()
      for (const camera of all) camera.send(picture === pictures - 1)
      await nextTurn()
      if (latePictures.includes(picture)) for (const camera of all) await addReaders(server, camera)
    }
    for (const [index, camera] of all.entries()) {
      await until(() => camera.readers.every((received) => camera.hasAll(received())))
      expect(camera.readers.map((received) => camera.faultsOf(received()))).toEqual(
        camera.readers.map(() => 0),
      )
      const payloads = camera.sent.map((packet) => packet.subarray(12))
      for (const read of slices.slice(2 * index, 2 * index + 2)) {
        await until(() => read.length >= payloads.length - slicesOfLastPicture)
        for (const [at, slice] of read.entries())
          expect(slice.equals(payloads[at] ?? Buffer.alloc(0))).toBe(true)
      }
    }
  })
})
