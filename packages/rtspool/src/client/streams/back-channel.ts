import { randomInt } from 'node:crypto'
import type { Clock, ClockTimer } from '../../clock.js'
import { ClientError } from '../../errors.js'
import { kindOf } from '../../option-checks.js'
import { createSourceDescription, ntpFromUnixMs, serializeCompound } from '../../rtcp/index.js'
import { payloadEndOf, payloadOffsetOf } from '../../rtp/index.js'
import type { RtspBackChannel } from '../rtsp-client.js'
import { type AudioPacketizer, audioPacketizerOf } from './audio-packetizer.js'
import type { ClientTrack } from './client-track.js'

const cname = 'rtspool'
/** Milliseconds by which audio may be sent before its time, so that the server never runs dry. */
const leadMs = 100
/** Milliseconds of silence after which audio belongs to a new talkspurt, whose times follow the clock. */
const gapMs = 200
/** Marker bit in the second byte of an RTP packet: the packet begins a talkspurt (RFC 3551 section 4.1). */
const markerBit = 0x80

/** Functions of a client that its {@link BackChannel} uses. */
export interface BackChannelOwner {
  readonly clock: Clock
  /** Plays the stream, if it does not play yet. @returns Resolves when it plays */
  begin(): Promise<void>
}

/** Sends audio on the track of a back channel, at the pace of the clock. */
export class BackChannel implements RtspBackChannel {
  readonly track: ClientTrack
  readonly #owner: BackChannelOwner
  readonly #ssrc = randomInt(2 ** 32)
  #packetizer: AudioPacketizer | undefined
  /** RTP timestamp of the audio that is sent next. */
  #timestamp = randomInt(2 ** 32)
  /**
   * Time at which the next audio should be played by the server, in milliseconds of the clock; `undefined` before the
   * first.
   */
  #dueMs: number | undefined
  /** Time at which audio was last written, in milliseconds of the clock; `-Infinity` before the first. */
  #writtenMs = Number.NEGATIVE_INFINITY
  #packetCount = 0
  #octetCount = 0
  /** Settles when all writes so far are over; each one starts after the one before. */
  #turn: Promise<unknown> = Promise.resolve()
  #wait: { readonly timer: ClockTimer; readonly end: () => void } | undefined
  #isClosed = false

  constructor(track: ClientTrack, owner: BackChannelOwner) {
    this.track = track
    this.#owner = owner
    track.senderReport = () => this.#senderReport()
  }

  write(audio: Uint8Array): Promise<void> {
    if (!(audio instanceof Uint8Array)) {
      return Promise.reject(new TypeError(`audio must be a Uint8Array, got ${kindOf(audio)}`))
    }
    const written = this.#turn.then(() => this.#write(audio))
    this.#turn = written.catch(() => undefined)
    return written
  }

  push(packet: Uint8Array): boolean {
    const { buffer, byteOffset, length } = packet
    return this.track.sendRtp(Buffer.from(buffer, byteOffset, length))
  }

  /** Ends the back channel: a write that waits for its time, and each later one, rejects. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#wait?.end()
  }

  async #write(audio: Uint8Array): Promise<void> {
    await this.#owner.begin()
    this.#requireOpen()
    this.#packetizer ??= audioPacketizerOf(this.track, this.#ssrc)
    const now = this.#owner.clock.now()
    const isContinued = now - Math.max(this.#writtenMs, this.#dueMs ?? this.#writtenMs) <= gapMs
    this.#writtenMs = now
    for (const piece of this.#packetizer.split(audio, isContinued)) {
      const isFirst = await this.#waitForTurn()
      this.#requireOpen()
      const { clockRate } = this.track
      for (const [at, packet] of this.#packetizer.packetize(piece, this.#timestamp).entries()) {
        if (isFirst && at === 0) packet[1] = (packet[1] ?? 0) | markerBit
        if (!this.track.sendRtp(packet)) continue
        this.#packetCount++
        this.#octetCount += payloadEndOf(packet) - payloadOffsetOf(packet)
      }
      const ticks = this.#packetizer.ticksOf(piece)
      this.#timestamp = (this.#timestamp + ticks) >>> 0
      this.#dueMs = (this.#dueMs ?? this.#owner.clock.now()) + (ticks * 1000) / clockRate
    }
  }

  /** Waits until {@link leadMs} before the next audio is due. @returns `true` if the audio begins a talkspurt */
  async #waitForTurn(): Promise<boolean> {
    const { clock } = this.#owner
    const now = clock.now()
    const due = this.#dueMs ?? now
    if (this.#dueMs === undefined || now - due > gapMs) {
      const silent = Math.round(((now - due) * this.track.clockRate) / 1000)
      this.#timestamp = (this.#timestamp + silent) >>> 0
      this.#dueMs = now
      return true
    }
    const earlyMs = due - now - leadMs
    if (earlyMs <= 0) return false
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(() => end(), earlyMs, true)
      const end = (): void => {
        timer.cancel()
        this.#wait = undefined
        resolve()
      }
      this.#wait = { timer, end }
    })
    return false
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new ClientError('ERR_CLIENT_CLOSED', 'the client has been closed')
  }

  /**
   * Returns a compound RTCP packet with a sender report (RFC 3550 section 6.4.1); `undefined` before the first packet.
   */
  #senderReport(): Buffer | undefined {
    const { clock } = this.#owner
    if (this.#packetCount === 0 || this.#dueMs === undefined) return undefined
    const ticks = Math.round(((clock.now() - this.#dueMs) * this.track.clockRate) / 1000)
    return serializeCompound([
      {
        type: 'senderReport',
        ssrc: this.#ssrc,
        ntpTime: ntpFromUnixMs(clock.unixTimeMs()),
        rtpTime: (this.#timestamp + ticks) >>> 0,
        ...{ packetCount: this.#packetCount, octetCount: this.#octetCount, reports: [] },
      },
      createSourceDescription(this.#ssrc, cname),
    ])
  }
}
