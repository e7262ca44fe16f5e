import { z } from 'zod'
import { execDefaults, execFormats } from '../../../sources/exec/exec-plan.js'
import { file, key } from '../../key-meta.js'

const maxArguments = 500
const commandText =
  'a list of a program and its arguments, such as [ffmpeg, -i, …, -f, mpegts, "-"]'
const variableText = 'variables by name, each with a text as its value'

/** Returns whether a text can be an argument or a variable of a program: a zero byte would cut the text off. */
const isWhole = (text: string): boolean => !text.includes('\0')
const plainText = () => z.string().refine(isWhole, 'text without zero bytes')

const secretText = () => key(plainText(), { description: 'value of a variable', isSecret: true })
const variableName = () => z.string().regex(/^[A-Za-z_]\w*$/)

/** Schema of the key `exec` of a source: the program that writes the media. */
export const execSettings = z.strictObject({
  command: key(
    z
      .array(key(plainText(), { description: 'the program, or an argument', isSecret: true }))
      .min(1)
      .max(maxArguments)
      .refine(([program]) => program !== '', commandText),
    {
      description: 'program and its arguments, passed as they are: no shell reads them',
      live: true,
      // Arguments may contain passwords.
      isSecret: true,
      expected: commandText,
      defaultText: 'required',
      examples: [['ffmpeg', '-re', '-i', 'clip.mp4', '-c', 'copy', '-f', 'mpegts', '-']],
    },
  ),
  format: key(z.enum(execFormats).default(execDefaults.format), {
    description: 'format that the program writes to its standard output',
    live: true,
  }),
  frameRate: key(z.number().min(0).max(1000).default(execDefaults.frameRate), {
    description:
      'pictures per second of a format without times, h264 or h265; 0 = pictures have the time at which they come',
    live: true,
  }),
  environment: key(z.record(variableName(), secretText()).default({}), {
    description: 'variables of the program, besides those that it gets from the server',
    live: true,
    isSecret: true,
    expected: variableText,
    defaultText: 'none',
    examples: [{ DISPLAY: ':0' }],
  }),
  passEnvironment: key(
    z.array(key(variableName(), { description: 'name of a variable' })).default([]),
    {
      description:
        'names of variables of the server that the program gets, besides PATH, HOME, language and time zone',
      live: true,
      defaultText: 'none',
      examples: [['CAMERA_PASSWORD']],
    },
  ),
  folder: key(file().optional(), {
    description: 'working directory of the program',
    isFile: true,
    live: true,
    expected: 'the path of a folder',
    defaultText: 'that of the server',
  }),
  stopSeconds: key(z.number().min(0).max(60).default(execDefaults.stopSeconds), {
    description: 'time that the program gets after SIGTERM before SIGKILL ends it',
    unit: 'seconds',
    live: true,
  }),
})
