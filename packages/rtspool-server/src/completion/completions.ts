import { createConformCommand } from 'rtspool-conform'
import { createCameraCommand } from '../camera/camera-command.js'
import { createConfigCommand } from '../config/commands/config-command.js'
import { createInitCommand } from '../config/commands/init-command.js'
import { type KeySchema, keysOf } from '../config/key-schema.js'
import { keySchema } from '../config/schema.js'
import { createControlCommand } from '../control/control-command.js'
import { createHealthcheckCommand } from '../health/healthcheck-command.js'
import { optionTable } from '../options/option-table.js'
import { createCommand } from '../options.js'
import { createUserCommand } from '../users/user-command.js'
import { type Completions, completedCommands, type Values } from './completed-command.js'
import { createCompletionCommand } from './completion-parser.js'

const nothing = () => undefined

/**
 * Returns all commands, options and keys for completion scripts, from the parsers of the commands
 * and the schema of the configuration.
 */
export function completions(): Completions {
  const { stdin: input, stderr } = process
  const parsers = {
    init: createInitCommand(nothing),
    config: createConfigCommand({ check: nothing, schema: nothing }),
    user: createUserCommand({ input, output: stderr }, nothing),
    camera: createCameraCommand(nothing),
    control: createControlCommand(nothing),
    healthcheck: createHealthcheckCommand(nothing),
    conform: createConformCommand(),
    completion: createCompletionCommand(nothing),
  }
  const values = valuesByOption()
  return {
    commands: [
      ...completedCommands(createCommand(''), '', (long) => values.get(long)),
      ...Object.entries(parsers).flatMap(([name, parser]) => completedCommands(parser, name)),
    ],
    keys: keysOf(keySchema()).map(({ name, schema }) => ({
      ...{ name, text: schema.description ?? '', words: wordsOf(schema) },
    })),
  }
}

/**
 * Returns the kinds of values by the long name of the option, for server options that set a configuration key, and
 * `--set`.
 */
function valuesByOption(): ReadonlyMap<string, Values> {
  const values = new Map<string, Values>([['--set', { kind: 'key' }]])
  for (const { flags, key } of optionTable(keySchema())) {
    const [long = ''] = flags.split(' ')
    if (!key) continue
    const words = wordsOf(key.schema)
    if (key.schema.isFile) values.set(long, { kind: 'file' })
    else if (words.length > 0) values.set(long, { kind: 'words', words })
  }
  return values
}

/**
 * Returns the values of a configuration key, if its schema lists them: `true` and `false`, or fixed texts; else none.
 */
function wordsOf({ type, enum: fixed, const: single, anyOf = [] }: KeySchema): string[] {
  if (fixed) return fixed.map(String)
  if (single !== undefined) return [String(single)]
  if (type === 'boolean') return ['true', 'false']
  return anyOf.flatMap(wordsOf)
}
