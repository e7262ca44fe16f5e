import type { ConfigReloader, ReloadResult } from '../config/reload/reload.js'
import type { EventFeed } from '../events/event-feed.js'

/**
 * Publishes every changed or refused configuration as an event in the feed.
 *
 * @returns A function that stops publishing.
 */
export function feedConfigEvents(reloader: ConfigReloader, feed: EventFeed): () => void {
  const listener = ({ ok, by, changed, problems }: ReloadResult): void => {
    if (!ok) {
      const texts = problems.map(({ message }) => message)
      feed.publish('configRefused', { by, problems: texts })
    } else if (changed.length > 0) feed.publish('configChanged', { by, changed })
  }
  reloader.on('reloaded', listener)
  return () => void reloader.off('reloaded', listener)
}
