import { z } from 'zod'
import { file, fileText, key, pattern, patternText } from '../key-meta.js'
import { timelines } from './publish.js'

/** Schema of the settings of one path in the section `paths`, such as the file to play. */
const pathSettings = z.strictObject({
  file: key(file().optional(), {
    description: 'media file to play at the path',
    isFile: true,
    live: true,
    expected: fileText,
    defaultText: 'none: clients publish',
    examples: ['clip.mp4'],
  }),
  loop: key(z.boolean().default(false), {
    description: 'begin the file again at its end',
    live: true,
  }),
  timeline: key(z.enum(timelines).optional(), {
    description: 'timeline of publications at the path, as in publish.timeline',
    live: true,
    defaultText: 'publish.timeline',
    examples: ['continuous'],
  }),
})

/** Section `paths` of the configuration: settings by path. */
export const pathsSection = key(z.record(pattern(), pathSettings).default({}), {
  description: 'settings by path: files to play, and settings of publications',
  live: true,
  defaultText: 'none',
  examples: [{ '/cam': { file: 'clip.mp4' } }],
  expected: `settings by path, such as /cam: { file: clip.mp4 }; each path ${patternText}`,
})
