import { z } from 'zod'
import { type ExecPlan, execDefaults } from '../../../sources/exec/exec-plan.js'
import { key, pattern, seconds } from '../../key-meta.js'
import { execSettings } from './exec.js'

const maxStart = 25
const pathText = 'a path such as /cam'

/** Schema of the settings of one source. */
const sourceSettings = z.strictObject({
  exec: key(execSettings, {
    description: 'program that writes the media to its standard output',
    live: true,
    isSecret: true,
    expected: 'a program, such as { command: [camera-program, --stdout] }',
    defaultText: 'required',
  }),
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
  startSeconds: key(z.number().min(1).max(maxStart).default(execDefaults.startSeconds), {
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
})

/** Section `sources` of the configuration: where the media of a path comes from. */
export const sourcesSection = key(
  z
    .record(
      pattern().refine((path) => !path.endsWith('/*'), pathText),
      key(sourceSettings, { description: 'settings of a source', isSecret: true }),
    )
    .default({}),
  {
    description: 'sources by path: programs whose media is played there',
    live: true,
    isFileOnly: true,
    // Commands and variables may contain passwords.
    isSecret: true,
    defaultText: 'none',
    examples: [{ '/desk': { exec: { command: ['camera-program', '--stdout'] } } }],
    expected: `sources by path, such as /cam: { exec: { command: [camera-program] } }; each path is ${pathText}`,
  },
)

/** Returns the plans of the sources that a configuration requires. */
export const execPlansOf = (sources: z.output<typeof sourcesSection>): ExecPlan[] =>
  Object.entries(sources).map(([path, { exec, ...settings }]) => ({
    ...{ path, ...settings, ...exec, folder: exec.folder },
  }))
