import type { Argument, Command, Option } from 'commander'

/** Kind of the values that a shell offers after an option or for an argument. */
export type Values =
  | { readonly kind: 'file' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Completion of a configuration key, an equals sign, and one of the key's values. */
  | { readonly kind: 'key' }
  /** Free text, for which a shell offers nothing. */
  | { readonly kind: 'text' }

/** An option of a command, as completion scripts for shells offer it. */
export interface CompletedOption {
  /** Names with their dashes: `--help`, `-h`. */
  readonly names: readonly string[]
  readonly text: string
  /** Kind of the value that follows the option; `undefined` if the option has no value. */
  readonly values: Values | undefined
}

/** A command or subcommand, as completion scripts for shells offer it. */
export interface CompletedCommand {
  /** Name after `rtspool`, such as `config check`; empty for the server itself. */
  readonly name: string
  readonly text: string
  readonly options: readonly CompletedOption[]
  /** Kind of the values of the first argument; `undefined` if the command has no arguments. */
  readonly values: Values | undefined
}

/**
 * A configuration key with its meaning. `words` lists the values that a shell can offer, and is empty for free values.
 */
export interface CompletedKey {
  readonly name: string
  readonly text: string
  readonly words: readonly string[]
}

/** All commands, options and keys that a shell completes. */
export interface Completions {
  /** Commands: the server first, and each command before its subcommands. */
  readonly commands: readonly CompletedCommand[]
  /** Configuration keys for `--set`. */
  readonly keys: readonly CompletedKey[]
}

/** Returns the kind of values that an option of the server has, by the long name `--port`; `undefined` = unknown. */
export type ValuesOfOption = (long: string) => Values | undefined

/**
 * Returns the descriptions of a command and its subcommands for completion scripts, the command first.
 *
 * @param name - Name after `rtspool`, such as `config`; empty for the server itself.
 * @param valuesOf - Returns the values of an option of this command, if the command-line parser does not know them.
 */
export function completedCommands(
  command: Command,
  name: string,
  valuesOf: ValuesOfOption = () => undefined,
): CompletedCommand[] {
  const [argument] = command.registeredArguments
  const own: CompletedCommand = {
    name,
    text: command.description(),
    options: command
      .createHelp()
      .visibleOptions(command)
      .map((option) => completed(option, valuesOf)),
    values: argument && valuesOfArgument(argument),
  }
  const inner = command.commands.flatMap((each) =>
    completedCommands(each, `${name} ${each.name()}`),
  )
  return [own, ...inner]
}

function completed(option: Option, valuesOf: ValuesOfOption): CompletedOption {
  const { long, short, description, required, optional, argChoices, flags } = option
  const names = [long, short].filter((each) => each !== undefined)
  const hasValue = required || optional
  const known = valuesOf(long ?? '') ?? wordsOf(argChoices) ?? valuesNamed(flags)
  return { names, text: description, values: hasValue ? known : undefined }
}

const valuesOfArgument = (argument: Argument): Values =>
  wordsOf(argument.argChoices) ?? valuesNamed(argument.name())

const wordsOf = (words: readonly string[] | undefined): Values | undefined =>
  words && { kind: 'words', words }

/**
 * Returns the kind of values of an option or argument by its name: a name with the word `file`
 * means file names.
 */
const valuesNamed = (name: string): Values => ({ kind: /\bfile\b/.test(name) ? 'file' : 'text' })
