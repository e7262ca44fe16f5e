import type { SourceService } from '../sources/source-service.js'
import type { SourceStatus } from '../sources/source-status.js'
import type { EventFeed } from './event-feed.js'

/**
 * Publishes each change of a source's state as the event `sourceStateChanged` in the feed of the control API.
 *
 * @returns A function that stops publishing.
 */
export function feedSourceEvents(sources: SourceService, feed: EventFeed): () => void {
  const publish = ({ pid: _, bytes: _bytes, since, until, ...status }: SourceStatus): void => {
    const times = { since: since.toISOString(), until: until?.toISOString() }
    feed.publish('sourceStateChanged', { ...status, ...times })
  }
  sources.on('stateChanged', publish)
  sources.on('changedElsewhere', publish)
  return () => void sources.off('stateChanged', publish).off('changedElsewhere', publish)
}
