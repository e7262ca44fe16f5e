import { z } from 'zod'
import { logFormats, logLevels } from '../../log/log-levels.js'
import { file, fileText, key } from '../key-meta.js'

/** Section `log` of the configuration: the log of the command. */
export const logSection = z.strictObject({
  level: key(z.enum(logLevels).default('info'), {
    description: `${logLevels.join(', ')}; SIGUSR2 switches to debug and back`,
    flag: '--log-level <level>',
    live: true,
  }),
  format: key(z.enum(logFormats).optional(), {
    description: 'pretty, for people, or json, one object a line',
    flag: '--log-format <format>',
    defaultText: 'pretty on a terminal, json elsewhere',
    examples: ['json'],
  }),
  file: key(file().optional(), {
    description: 'append the log to a file; SIGHUP reopens it',
    flag: '--log-file <file>',
    defaultText: 'the standard error',
    isFile: true,
    expected: fileText,
    examples: ['rtspool.log'],
  }),
})
