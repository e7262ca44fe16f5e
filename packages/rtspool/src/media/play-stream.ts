import { parseCompound } from '../rtcp/index.js'
import type { Media, MediaParticipant } from './media.js'
import type { Reader } from './reader.js'
import type { Track } from './track.js'

export interface PlayStreamInit {
  readonly media: Media
  readonly track: Track
  readonly reader: Reader
  /** With which the track was set up; RTP-Info names it so (RFC 2326 section 12.33). */
  readonly uri: string
  /** Gives channels or ports back. Called once. */
  readonly release: () => void
  readonly onMediaEnded: () => void
  /** The viewer has sent valid RTCP: it is alive. */
  readonly onRtcp: () => void
}

/** One track on its way to one viewer: set up, playing or paused, closed. */
export class PlayStream implements MediaParticipant {
  readonly track: Track
  readonly #init: PlayStreamInit
  #state: 'ready' | 'playing' | 'closed' = 'ready'
  /** Sequence number of the first packet that was not sent any more. */
  #pausedAt: number | undefined

  constructor(init: PlayStreamInit) {
    this.#init = init
    this.track = init.track
    init.media.join(this)
  }

  get uri(): string {
    return this.#init.uri
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    return this.#init.reader.kind === 'interleaved' ? 'TCP' : 'UDP'
  }

  /** What the viewer would begin with now: the last key frame, or what it missed while it paused. */
  recentPackets(): readonly Buffer[] {
    if (this.#state !== 'ready') return []
    return this.track.recentPackets(this.#pausedAt)
  }

  /** @param first - From {@link recentPackets}, in the same turn of the event loop. */
  play(first: readonly Buffer[]): void {
    if (this.#state !== 'ready') return
    this.#state = 'playing'
    this.track.addReader(this.#init.reader, first)
  }

  pause(): void {
    if (this.#state !== 'playing') return
    this.#state = 'ready'
    this.#pausedAt = this.track.position?.sequenceNumber
    this.track.removeReader(this.#init.reader)
  }

  /** Says goodby to a viewer that plays, and gives everything back. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    const wasPlaying = this.#state === 'playing'
    this.pause()
    this.#state = 'closed'
    if (wasPlaying) this.track.sendBye(this.#init.reader)
    this.#init.media.leave(this)
    this.#init.release()
  }

  /** Takes RTCP from the viewer; what is no valid compound packet has no effect (RFC 3550 A.2). */
  receiveRtcp(compound: Buffer): void {
    if (this.#state === 'closed' || parseCompound(compound).length === 0) return
    this.#init.onRtcp()
  }

  mediaEnded(): void {
    this.#init.onMediaEnded()
  }
}
