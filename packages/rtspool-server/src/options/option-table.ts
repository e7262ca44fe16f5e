import { type KeyEntry, type KeySchema, keysOf } from '../config/key-schema.js'

/**
 * An option of the command line. The parser, `--help` and the tables of both READMEs are generated
 * from these entries. A configuration key with {@link KeyMeta.flag} becomes an option.
 */
export interface OptionEntry {
  /** Name and argument in commander's notation, such as `--port <port>`. */
  readonly flags: string
  /** Meaning of the option, its unit, and the meaning of 0, on one line without a full stop. */
  readonly text: string
  /** Default value of the option. */
  readonly value?: number | string
  /** Description of the default, if the default is not a single value. */
  readonly defaultText?: string
  /** True if the option may be repeated. */
  readonly isRepeated?: boolean
  /** Configuration key whose value the option sets; absent for other options, such as `--config`. */
  readonly key?: KeyEntry
}

const ownOptions: readonly OptionEntry[] = [
  {
    flags: '--config <file>',
    text: 'file of configuration; RTSPOOL_CONFIG in the environment names it too',
    defaultText: 'rtspool.yml here or in /etc/rtspool, if there is one',
  },
  {
    flags: '--set <key=value>',
    text: 'any key of the configuration, such as limits.maxSessionsPerUser=4; may be repeated',
    isRepeated: true,
  },
  {
    flags: '--user <name:password>',
    text: 'a user; may be repeated; everybody who lists processes can see the password',
    isRepeated: true,
  },
]

/**
 * Returns the options of the command, in the order of `--help`. commander adds `--help` and
 * `--version`.
 */
export const optionTable = (root: KeySchema): readonly OptionEntry[] => [
  ...keysOf(root).flatMap((key) => (key.schema.flag === undefined ? [] : [optionOf(key)])),
  ...ownOptions,
]

function optionOf(key: KeyEntry): OptionEntry {
  const { flag = '', flagText, description = '', flagRepeats, flagValue, type } = key.schema
  const isList = type === 'array' && !flagRepeats && flagValue === undefined
  return {
    flags: flag,
    text: flagText ?? (isList ? `${description}; separated by commas` : description),
    ...(flagValue === undefined ? defaultOf(key.schema) : {}),
    ...(flagRepeats ? { isRepeated: true } : {}),
    key,
  }
}

function defaultOf({
  default: value,
  defaultText,
}: KeySchema): Pick<OptionEntry, 'value' | 'defaultText'> {
  if (defaultText !== undefined) return { defaultText }
  if (typeof value === 'string' || typeof value === 'number') return { value }
  return Array.isArray(value) ? { defaultText: value.join(',') } : {}
}
