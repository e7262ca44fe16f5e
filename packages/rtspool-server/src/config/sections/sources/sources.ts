import { z } from 'zod'
import { execDefaults, maxStartSeconds } from '../../../sources/exec/exec-plan.js'
import { file, fileText, key, pattern, seconds } from '../../key-meta.js'
import { execSettings } from './exec.js'
import { pullSettings } from './pull.js'

const pathText = 'a path such as /cam'
const kindText = 'settings with either pull or exec'

/** Schemas of the settings that both kinds of sources have: programs, and RTSP streams that the server pulls. */
export const commonSettings = {
  alwaysOn: key(z.boolean().default(execDefaults.alwaysOn), {
    description: 'run without viewers; false = start with the first viewer',
    live: true,
  }),
  lingerSeconds: key(seconds().default(execDefaults.lingerSeconds), {
    description: 'time that the source runs on after its last viewer has left',
    unit: 'seconds',
    live: true,
  }),
  holdSeconds: key(seconds().default(execDefaults.holdSeconds), {
    description: 'time that viewers stay while the source is away; 0 = they leave at once',
    unit: 'seconds',
    live: true,
  }),
  slate: key(file().optional(), {
    description:
      'file whose video and sound viewers are sent in a loop while the source is away; its video needs the encoding of the source',
    isFile: true,
    live: true,
    expected: fileText,
    defaultText: 'none: viewers wait',
    examples: ['away.mp4'],
  }),
  startSeconds: key(z.number().min(1).max(maxStartSeconds).default(execDefaults.startSeconds), {
    description: 'time that a client waits for the first media; then it gets 503',
    unit: 'seconds',
    live: true,
  }),
  stallSeconds: key(seconds().default(execDefaults.stallSeconds), {
    description:
      'time without a picture, or without sound if there is no video, after which the source begins again; 0 = never',
    unit: 'seconds',
    live: true,
  }),
}

/** Schema of the settings of one source. */
const sourceSettings = z
  .strictObject({
    pull: key(pullSettings.optional(), {
      description: 'stream of a camera or server that is pulled by RTSP',
      live: true,
      isSecret: true,
      expected: 'a stream, such as { url: rtsp://192.0.2.7/stream }',
      defaultText: 'none',
    }),
    exec: key(execSettings.optional(), {
      description: 'program that writes the media to its standard output',
      live: true,
      isSecret: true,
      expected: 'a program, such as { command: [camera-program, --stdout] }',
      defaultText: 'none',
    }),
    ...commonSettings,
  })
  .refine(({ pull, exec }) => (pull === undefined) !== (exec === undefined), kindText)

/** Section `sources` of the configuration: where the media of a path comes from. */
export const sourcesSection = key(
  z
    .record(
      pattern().refine((path) => !path.endsWith('/*'), pathText),
      key(sourceSettings, {
        description: 'settings of a source',
        isSecret: true,
        expected: kindText,
      }),
    )
    .default({}),
  {
    description: 'sources by path: streams that are pulled, and programs whose media is played',
    live: true,
    isFileOnly: true,
    // URLs, commands and variables may contain passwords.
    isSecret: true,
    defaultText: 'none',
    examples: [{ '/cam': { pull: { url: 'rtsp://192.0.2.7/stream' } } }],
    expected: `sources by path, such as /cam: { pull: { url: rtsp://192.0.2.7/stream } }; each path is ${pathText}`,
  },
)
