import type { PlayManner, PlayRange } from '../../src/media/media-source.js'
import { StoredTestSource } from './stored-test-source.js'

/** A recording of 10 s that plays in every manner, from noon on 2026-11-29. */
export class ReplayTestSource extends StoredTestSource {
  readonly clockStartMs = Date.UTC(2026, 10, 29, 12)
  isGrowing = false
  readonly manners: PlayManner[] = []
  /** Manner of the last PLAY. */
  resumed: PlayManner | undefined
  rates: Pick<PlayManner, 'scale' | 'speed'> = { scale: 1, speed: 1 }

  override async seek(range: PlayRange, manner?: PlayManner): Promise<number> {
    if (manner) {
      this.manners.push(manner)
      this.rates = { scale: Math.min(manner.scale, 8), speed: manner.speed }
    }
    return super.seek(range)
  }

  override resume(manner?: PlayManner): void {
    this.resumed = manner
    super.resume()
  }
}
