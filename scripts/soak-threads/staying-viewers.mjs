// Viewers of the soak that stay for the whole run: clients of the library, in this process.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { sum } from '../../bench/lib/statistics.mjs'
import { connect } from '../../packages/rtspool/dist/client/index.js'

const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const read = (name) => readFileSync(new URL(name, certificates), 'utf8')
const cert = read('first.cert.pem')
/** Option `tls` of the server. */
export const tlsOptions = {
  ...{ port: 0, key: read('first.key.pem'), cert },
  srtp: 'AES_CM_128_HMAC_SHA1_80',
}

/** Fields of a line of /proc/net/udp, from 0 on. */
const inodeField = 9
const dropsField = 12

/** Counts datagrams that the kernel has dropped at sockets of this process, because their buffers were full. */
function countKernelDrops() {
  const inodes = new Set()
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      inodes.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${name}`))?.[1])
    } catch {
      // Closed in the meantime.
    }
  }
  const lines = readFileSync('/proc/self/net/udp', 'latin1').trim().split('\n').slice(1)
  const fields = lines.map((line) => line.trim().split(/\s+/))
  const own = fields.filter((line) => inodes.has(line[inodeField]))
  return sum(own.map((line) => Number(line[dropsField])))
}

/** Attempts to connect a viewer, with a second between two. */
const maxTries = 60

/** Connects a viewer. Tries again while the overload guard of the server refuses, or a busy machine answers too late. */
async function connectPatiently(url, options) {
  for (let tries = 0; ; tries++) {
    try {
      return await connect(url, options)
    } catch (error) {
      const mayPass = error.statusCode === 503 || error.code === 'ERR_CLIENT_TIMEOUT'
      if (!mayPass || tries === maxTries) throw error
      await sleep(1000)
    }
  }
}

export class StayingViewers {
  /** Number of viewers over SRTP: enough for a thread to serve them. */
  static overSrtp = 20
  /** Number of viewers over TCP and over UDP. A thread serves them together with viewers that come and go. */
  static overOthers = 4

  #server
  #viewers = []
  #kernelDrops = 0

  constructor(server) {
    this.#server = server
  }

  get size() {
    return this.#viewers.length
  }

  /** Connects the viewers that are missing. */
  async replace() {
    this.#viewers = this.#viewers.filter(({ isClosed }) => !isClosed)
    const { url, tlsUrl } = this.#server
    await this.#connectSome('tcp', StayingViewers.overOthers, url, { transports: ['tcp'] })
    await this.#connectSome('udp', StayingViewers.overOthers, url, { transports: ['udp'] })
    const secure = { transports: ['udp'], tls: { ca: cert } }
    await this.#connectSome('srtp', StayingViewers.overSrtp, tlsUrl, secure)
  }

  /**
   * Counts what has arrived since the last call, for each transport: `packets` and `lost` of all viewers, `least` and
   * `most` of one, and `closed` viewers.
   */
  sample() {
    const drops = countKernelDrops()
    const kernelDrops = drops - this.#kernelDrops
    this.#kernelDrops = drops
    const counts = Object.fromEntries(
      ['tcp', 'udp', 'srtp'].map((name) => [name, this.#sampleOf(name)]),
    )
    return { ...counts, kernelDrops }
  }

  async close() {
    await Promise.all(this.#viewers.map(({ client }) => client.close()))
    this.#viewers = []
  }

  #sampleOf(name) {
    const viewers = this.#viewers.filter(({ transport }) => transport === name)
    const deltas = viewers.map((viewer) => {
      const { packets, lostPackets, rejectedPackets } = viewer.client.stats()
      const before = viewer.seen
      viewer.seen = { packets, lostPackets, rejectedPackets }
      return {
        packets: packets - before.packets,
        lost: lostPackets - before.lostPackets,
        rejected: rejectedPackets - before.rejectedPackets,
      }
    })
    const packets = deltas.map((one) => one.packets)
    return {
      ...{ packets: sum(packets), least: Math.min(...packets), most: Math.max(...packets) },
      lost: sum(deltas.map(({ lost }) => lost)),
      rejected: sum(deltas.map(({ rejected }) => rejected)),
      closed: viewers.filter(({ isClosed }) => isClosed).length,
      unprotected: viewers.filter(({ client }) => client.tracks.some(({ srtp }) => !srtp)).length,
    }
  }

  /** One after the other: their first packets arrive at once, and sockets have room for some only. */
  async #connectSome(transport, wanted, url, options) {
    const there = this.#viewers.filter((one) => one.transport === transport).length
    for (let count = there; count < wanted; count++) {
      const client = await connectPatiently(url, options)
      const viewer = { transport, client, isClosed: false }
      viewer.seen = { packets: 0, lostPackets: 0, rejectedPackets: 0 }
      client.once('closed', () => {
        viewer.isClosed = true
      })
      await client.play()
      this.#viewers.push(viewer)
    }
  }
}
