import { z } from 'zod'
import { snapshotDefaults } from '../../snapshots/snapshot-options.js'
import { bytes, key, seconds } from '../key-meta.js'

const maxTimeout = 25

/** Section `snapshots` of the configuration: pictures of media for the control API. */
export const snapshotsSection = z.strictObject({
  // A reload cannot change the program: who may change keys by the API must not choose programs.
  ffmpeg: key(z.union([z.string().min(1), z.literal(false)]).default(snapshotDefaults.ffmpeg), {
    description: 'program that makes JPEG, by name or path; false = snapshots are MP4 only',
    expected: 'the name or path of a program, or false',
    examples: ['/usr/bin/ffmpeg'],
  }),
  cacheSeconds: key(seconds().default(snapshotDefaults.cacheSeconds), {
    description: 'age up to which a JPEG is sent again; 0 = each new key frame is converted',
    unit: 'seconds',
    live: true,
  }),
  maxProcesses: key(z.int().min(1).max(64).default(snapshotDefaults.maxProcesses), {
    description: 'limit on programs that convert at a time; each path has one at most',
    live: true,
  }),
  timeoutSeconds: key(z.number().min(1).max(maxTimeout).default(snapshotDefaults.timeoutSeconds), {
    description: 'time after which a program is ended that has not converted its picture',
    unit: 'seconds',
    live: true,
  }),
  waitSeconds: key(z.number().min(0).max(maxTimeout).default(snapshotDefaults.waitSeconds), {
    description: 'time to wait for a key frame of a media that plays; 0 = no wait',
    unit: 'seconds',
    live: true,
  }),
  startSeconds: key(z.number().min(1).max(maxTimeout).default(snapshotDefaults.startSeconds), {
    description: 'time for the key frame of a source that a snapshot has started',
    unit: 'seconds',
    live: true,
  }),
  maxCachedBytes: key(bytes().default(snapshotDefaults.maxCachedBytes), {
    description: 'limit on the bytes of all kept JPEG together; 0 = none is kept',
    unit: 'bytes',
    live: true,
  }),
})
