import type { RecordLink } from '../../src/media/streams/record-stream.js'

/** A link to a publisher that goes nowhere: tests call the receivers of the stream. */
export function recordLink(link: Partial<RecordLink> = {}): RecordLink {
  return {
    lowerTransport: 'UDP',
    security: undefined,
    open: () => {},
    sendRtcp: () => {},
    close: () => {},
    ...link,
  }
}
