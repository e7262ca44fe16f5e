import type { RtspClientOptions } from '../client/client-options.js'
import { connect } from '../client/connect.js'
import type { RtspClient, RtspClientTrack, RtspClientTransport } from '../client/rtsp-client.js'
import { wantedOf } from '../client/streams/wanted-tracks.js'
import { type Clock, PeriodicCheck } from '../clock.js'
import type { SessionDescription } from '../sdp/index.js'
import { inOrderOf, renumber } from './matched-tracks.js'
import type { ResolvedRelaySource } from './relay-options.js'

/**
 * Maximum milliseconds for which a relay waits for the sender reports of a camera: after PLAY, and when a camera that
 * was away has sent its first key frame. With the times in the reports, sound and pictures match from the beginning.
 * Many cameras send reports seconds later; the relay then starts without them.
 */
export const maxReportWaitMs = 60

/** Pair of an RTP timestamp and the wall-clock time at which it was captured, from a sender report of the source. */
export interface StatedTime {
  /** Milliseconds since 1970 of the source's clock at `rtpTime`. */
  readonly unixMs: number
  /** RTP timestamp in ticks of the track's clock rate, modulo 2^32. */
  readonly rtpTime: number
  /** Arrival of the report in milliseconds of the relay's clock. */
  readonly clockMs: number
}

/**
 * End of a connection that the relay has not closed.
 *
 * - `failed`: an error, also of the attempt to connect.
 * - `stalled`: no video for `stallMs`.
 * - `ended`: the source has said BYE for every track.
 */
export type UpstreamEnd =
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'stalled' | 'ended' }

/** Receiver of the events of an {@link Upstream}. Tracks are indices into the description, from 0. */
export interface UpstreamListener {
  /** Called when the source has described the stream, before its packets. */
  described(upstream: Upstream, description: SessionDescription): void
  /** Called when the source has responded to PLAY. */
  played(upstream: Upstream): void
  packet(upstream: Upstream, track: number, packet: Buffer): void
  time(upstream: Upstream, track: number, time: StatedTime): void
  /**
   * Called once at the end of the connection, unless the relay has closed it before. {@link Upstream.close} has been
   * called by then.
   */
  over(upstream: Upstream, end: UpstreamEnd): void
}

export interface UpstreamInit {
  readonly source: ResolvedRelaySource
  readonly clock: Clock
  readonly userAgent: string
  /** Transports that the connection tries for the packets, in this order. */
  readonly transports: readonly RtspClientTransport[]
  /**
   * Milliseconds without video (without any packet, if there is no video) that end the connection as `stalled`; 0 =
   * never.
   */
  readonly stallMs: number
  /**
   * Promise of the end of an earlier connection, for which the attempt to connect waits: some cameras allow only one
   * session.
   */
  readonly after: Promise<void> | undefined
  /** Returns the description that viewers have, whose order the tracks follow; `undefined` without viewers. */
  readonly known: () => SessionDescription | undefined
  readonly listener: UpstreamListener
}

/** Interval in milliseconds of the check for a stalled connection. */
const lookMs = 1000

/** One connection to a source, from the attempt to connect to its end. */
export class Upstream {
  readonly source: ResolvedRelaySource
  /**
   * Milliseconds without video (without any packet, if there is no video) that end the connection as `stalled`; 0 =
   * never.
   */
  stallMs: number
  readonly #init: UpstreamInit
  readonly #abort = new AbortController()
  readonly #running: Promise<void>
  readonly #watch: PeriodicCheck
  #client: RtspClient | undefined
  #tracks: readonly RtspClientTrack[] = []
  #playedAt: number | undefined
  #isOver = false
  #closing: Promise<void> | undefined

  /** Begins to connect, describe and play; the listener receives the events. */
  constructor(init: UpstreamInit) {
    this.source = init.source
    this.stallMs = init.stallMs
    this.#init = init
    this.#watch = new PeriodicCheck(init.clock, lookMs, () => this.#look(), { isAfterReads: true })
    this.#running = this.#run()
  }

  get bytes(): number {
    return this.#client?.stats().bytes ?? 0
  }

  get transport(): RtspClientTransport | undefined {
    return this.#client?.transport
  }

  /**
   * Gives up the attempt, or ends the session with TEARDOWN. Idempotent.
   *
   * @returns Resolves when the connection is closed.
   */
  close(): Promise<void> {
    this.#isOver = true
    this.#watch.stop()
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // The client closes itself by TEARDOWN; the signal is for an attempt without a client.
    if (this.#client) await this.#client.close()
    else this.#abort.abort(new Error('the relay has given up the attempt'))
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      await this.#init.after
      if (this.#isOver) return
      const client = await connect(this.source.url, this.#clientOptions())
      this.#client = client
      if (this.#isOver) {
        await client.close()
        return
      }
      this.#receive(client)
      await client.play()
      if (this.#isOver) return
      this.#playedAt = this.#init.clock.now()
      this.#watch.start()
      this.#init.listener.played(this)
    } catch (error) {
      this.#end({ kind: 'failed', error })
    }
  }

  #clientOptions(): RtspClientOptions {
    const { clock, userAgent, transports } = this.#init
    const { client } = this.source
    const { signal } = this.#abort
    return { ...client, transports, userAgent: client.userAgent ?? userAgent, clock, signal }
  }

  #receive(client: RtspClient): void {
    const { listener, known } = this.#init
    const wanted = wantedOf(client.tracks, this.source.client.tracks)
    this.#tracks = wanted
    const { session } = client.description
    const matched = inOrderOf(wanted, known()?.media)
    listener.described(this, { session, media: matched.map(({ description }) => description) })
    for (const [index, { track, payloadTypes }] of matched.entries()) {
      track.pipe({
        push: (packet) => {
          if (this.#isOver) return
          if (payloadTypes) renumber(packet, payloadTypes)
          listener.packet(this, index, packet)
        },
        mapTime: (unixMs, rtpTime, clockMs) => {
          if (!this.#isOver) listener.time(this, index, { unixMs, rtpTime, clockMs })
        },
      })
    }
    client.once('ended', () => this.#end({ kind: 'ended' }))
    client.once('closed', (error) => this.#end({ kind: 'failed', error }))
  }

  #look(): boolean {
    const now = this.#init.clock.now()
    const lastAt = this.#lastMediaAt ?? this.#playedAt ?? now
    if (this.stallMs > 0 && now - lastAt >= this.stallMs) this.#end({ kind: 'stalled' })
    return !this.#isOver
  }

  /**
   * Arrival of the last packet in milliseconds of the clock; `undefined` before the first. Packets of the first video
   * track that has sent any count, or without video those of all tracks.
   */
  get #lastMediaAt(): number | undefined {
    const video = this.#tracks.filter(({ kind }) => kind === 'video')
    const leader = video.find(({ stats }) => stats.lastPacketAt !== undefined)
    return leader ? leader.stats.lastPacketAt : this.#client?.stats().lastMediaAt
  }

  #end(end: UpstreamEnd): void {
    if (this.#isOver) return
    void this.close()
    this.#init.listener.over(this, end)
  }
}
