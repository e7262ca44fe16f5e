import { parseCompound } from '../rtcp/index.js'
import type { Reader } from './fan-out.js'
import type { Media, MediaParticipant } from './media.js'
import type { Track } from './track.js'

export interface PlayStreamInit {
  readonly media: Media
  readonly track: Track
  readonly reader: Reader
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

  constructor(init: PlayStreamInit) {
    this.#init = init
    this.track = init.track
    init.media.join(this)
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    return this.#init.reader.kind === 'interleaved' ? 'TCP' : 'UDP'
  }

  play(): void {
    if (this.#state !== 'ready') return
    this.#state = 'playing'
    this.track.addReader(this.#init.reader)
  }

  pause(): void {
    if (this.#state !== 'playing') return
    this.#state = 'ready'
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
