import { channel } from 'node:diagnostics_channel'

const failedChannel = channel('rtspool:file-media-failed')

/** Publishes `{ path, error }` when a file cannot be read on while it plays; the media then ends. */
export function announceFailure(path: string, error: unknown): void {
  failedChannel.publish({ path, error })
}
