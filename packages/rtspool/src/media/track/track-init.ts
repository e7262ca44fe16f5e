import type { Clock } from '../../clock.js'
import type { TrackInfo } from '../../public/track.js'
import type { MediaDescription } from '../../sdp/index.js'
import type { CommonJump } from '../timeline/common-jump.js'
import type { SourceClock } from '../timeline/source-clock.js'
import type { TimelinePolicy } from '../timeline/timeline.js'
import type { CacheShare } from './cache-budget.js'
import type { GopCacheLimits } from './gop-cache-options.js'

export interface TrackInit {
  readonly index: number
  /** Path of the presentation. */
  readonly path?: string
  /** Numeric address of the peer that sends the packets, if any. */
  readonly remoteAddress?: string | undefined
  readonly description: MediaDescription
  readonly clock: Clock
  readonly cname: string
  readonly sourceClock?: SourceClock
  /** True for a source that sends sender reports, whose times are more exact than arrival times. */
  readonly awaitsReport?: boolean
  /** Treatment of SSRC, sequence numbers and timestamps when the source jumps or changes. @default 'passThrough' */
  readonly timeline?: TimelinePolicy
  /** True for a source whose viewer seeks, so that its RTP times may jump. @default false */
  readonly isSeekable?: boolean
  /**
   * State shared by the tracks of a media, so that all of them follow a jump of RTP time by the
   * same amount.
   */
  readonly jump?: CommonJump
  /** Limits on the packets cached for new viewers; if absent, no packets are cached. */
  readonly gopCache?: GopCacheLimits | undefined
  /** Share of the server's cache memory that the cached packets count against. */
  readonly cacheShare?: CacheShare | undefined
  /**
   * Called when the cached packets begin at another key frame. `unixMs` is the source's wall
   * clock at that frame. The cached packets of the other tracks must begin there too.
   */
  readonly onKeyFrame?: (track: TrackInfo, unixMs: number) => void
  /** Called when a viewer joins who has to wait for the next key frame, because none is cached. */
  readonly onKeyFrameWanted?: (track: TrackInfo) => void
}
