import { publisherTakeovers, rtspServerDefaults, type TimelinePolicy } from 'rtspool'
import { z } from 'zod'
import { file, fileText, key, pattern, patternText, seconds } from '../key-meta.js'

export const timelines = ['passThrough', 'continuous'] as const satisfies readonly TimelinePolicy[]

/**
 * Section `publish` of the configuration: paths to which clients may publish, and settings of
 * publications.
 */
export const publishSection = z.strictObject({
  paths: key(z.array(key(pattern(), { description: patternText })).default(['/*']), {
    description: 'paths that clients may publish to; a path that ends in /* means all below it',
    flag: '--no-publish',
    flagText: 'refuse all publishers',
    flagValue: [],
    live: true,
  }),
  takeover: key(z.enum(publisherTakeovers).default(rtspServerDefaults.publisherTakeover), {
    description:
      'when a second publisher replaces the first: never; idle, if of the same user or address and the first is silent for 2 s; sameOwner, at any time; always, anybody who may publish',
    flag: '--publisher-takeover <when>',
    live: true,
  }),
  timeout: key(seconds().default(rtspServerDefaults.publisherTimeout), {
    description:
      'end a UDP publisher whose connection has closed after this time without packets; 0 = only sessions.timeout',
    unit: 'seconds',
    live: true,
  }),
  grace: key(seconds().default(rtspServerDefaults.publisherGraceSeconds), {
    description:
      'keep viewers for this time after their publisher has left, so that it can return; 0 = they leave at once',
    unit: 'seconds',
    flag: '--publisher-grace <seconds>',
    live: true,
  }),
  slate: key(file().optional(), {
    description:
      'file whose video and sound viewers are sent in a loop during grace; its video needs the encoding of the publisher',
    isFile: true,
    live: true,
    expected: fileText,
    defaultText: 'none: viewers wait',
    examples: ['away.mp4'],
  }),
  timeline: key(z.enum(timelines).default(rtspServerDefaults.timeline), {
    description:
      'passThrough, or continuous, which hides jumps, restarts and SSRC changes of a publisher from viewers',
    flag: '--timeline <policy>',
    live: true,
  }),
})
