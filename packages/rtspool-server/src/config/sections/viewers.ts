import { rtspServerDefaults } from 'rtspool'
import { z } from 'zod'
import { bytes, key, seconds } from '../key-meta.js'

const defaults = rtspServerDefaults

/** Schema of the limits on cached packets since the last key frame, with which new viewers see a picture at once. */
const gopCacheSection = z.strictObject({
  enabled: key(z.boolean().default(true), {
    description: 'keep packets from the last key frame on, so that new viewers start at once',
    live: true,
  }),
  maxBytes: key(bytes().default(defaults.gopCache.maxBytes), {
    description: 'limit on the bytes of one track',
    unit: 'bytes',
    live: true,
  }),
  maxSeconds: key(seconds().default(defaults.gopCache.maxSeconds), {
    description: 'time from the first to the last kept packet',
    unit: 'seconds',
    live: true,
  }),
  totalBytes: key(bytes().default(defaults.gopCache.totalBytes), {
    description: 'limit on the bytes of all streams together; 0 = keep nothing',
    unit: 'bytes',
    live: true,
  }),
})

/**
 * Section `viewers` of the configuration: limits for slow viewers, and the cache for new viewers.
 */
export const viewersSection = z.strictObject({
  maxBacklogBytes: key(bytes().default(defaults.maxBacklogBytes), {
    description:
      'bytes that may wait for one interleaved viewer; above, packets are left out up to a key frame',
    unit: 'bytes',
    live: true,
  }),
  maxBacklogSeconds: key(seconds().default(defaults.maxBacklogSeconds), {
    description: 'time that an interleaved viewer may be behind',
    unit: 'seconds',
    live: true,
  }),
  maxKeyFrameWaitSeconds: key(seconds().default(defaults.maxKeyFrameWaitSeconds), {
    description: 'longest wait for a key frame after packets were left out; 0 = no wait',
    unit: 'seconds',
    live: true,
  }),
  slowReaderTimeout: key(seconds().default(defaults.slowReaderTimeout), {
    description: 'end the session of a client that reads nothing for this time; 0 = never',
    unit: 'seconds',
    live: true,
  }),
  gopCache: gopCacheSection.prefault({}),
})
