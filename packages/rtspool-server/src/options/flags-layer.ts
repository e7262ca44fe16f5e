import type { Command } from 'commander'
import { nearestName } from 'rtspool-conform/command-line'
import { type KeyText, textLayer } from '../config/environment.js'
import { type KeyEntry, type KeySchema, keysOf } from '../config/key-schema.js'
import { OptionValueError } from '../config/option-value-error.js'
import type { ConfigLayer } from '../config/problems.js'
import { type OptionEntry, optionTable } from './option-table.js'

/**
 * Returns the configuration values that command-line options set, which override those of the file and the environment.
 *
 * @param command - Parser that has parsed the command line.
 */
export function flagsLayer(root: KeySchema, command: Command): ConfigLayer {
  const entries = new Map(optionTable(root).map((entry) => [longOf(entry), entry]))
  const given = command.options.flatMap((option): KeyText[] => {
    const entry = entries.get(option.long ?? '')
    const name = option.attributeName()
    if (!entry?.key || command.getOptionValueSource(name) !== 'cli') return []
    return [keyText(entry.key, longOf(entry), command.getOptionValue(name))]
  })
  const set: readonly string[] = command.getOptionValue('set') ?? []
  return textLayer('flags', [...set.map((text) => keyOfSet(root, text)), ...given])
}

/** Returns the name of an option without its argument: `--port` of `--port <port>`. */
const longOf = ({ flags }: OptionEntry): string => flags.split(' ')[0] ?? ''

function keyText(entry: KeyEntry, source: string, value: unknown): KeyText {
  const { flagValue, flagRepeats } = entry.schema
  if (flagValue !== undefined) return { entry, source, text: '', value: flagValue }
  if (flagRepeats) return { entry, source, text: '', value }
  return { entry, source, text: String(value) }
}

/**
 * Parses the argument of `--set`, such as `limits.maxSessions=10`.
 *
 * @throws {OptionValueError} There is no such key; the message leaves out the value.
 */
function keyOfSet(root: KeySchema, text: string): KeyText {
  const equals = text.indexOf('=')
  if (equals < 1) throw new OptionValueError('--set must be key=value, got no such pair')
  const name = text.slice(0, equals)
  const keys = keysOf(root)
  const entry = keys.find((candidate) => candidate.name === name)
  if (entry) return { entry, source: `--set ${name}`, text: text.slice(equals + 1) }
  const nearest = nearestName(
    name,
    keys.map((candidate) => candidate.name),
  )
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  throw new OptionValueError(`--set ${name} is unknown${hint}`)
}
