import type { Argument, Command, Option } from 'commander'

/** Values that a shell offers for an option or an argument. */
export type Values =
  | { readonly kind: 'file' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** A key of the configuration, an equals sign, and one of the key's values. */
  | { readonly kind: 'key' }
  /** Text of which a shell knows nothing. */
  | { readonly kind: 'text' }

/** An option, as a shell completes it. */
export interface CompletedOption {
  /** Names with their dashes: `--help`, `-h`. */
  readonly names: readonly string[]
  readonly text: string
  /** Values that follow the option; `undefined` if it has none. */
  readonly values: Values | undefined
}

/** A command, as a shell completes it. */
export interface CompletedCommand {
  /** Name behind `rtspool`, such as `config check`; empty for the server. */
  readonly name: string
  readonly text: string
  readonly options: readonly CompletedOption[]
  /** Values of the arguments; `undefined` if there are none. */
  readonly values: Values | undefined
}

/** A key of the configuration, and its values if there are few. */
export interface CompletedKey {
  readonly name: string
  readonly text: string
  readonly words: readonly string[]
}

/** Everything that a shell completes. */
export interface Completions {
  /** The server first, and each command before the commands inside it. */
  readonly commands: readonly CompletedCommand[]
  /** Keys for `--set`. */
  readonly keys: readonly CompletedKey[]
}

/** Finds the values of an option of the server. */
export type ValuesOfOption = (long: string) => Values | undefined

/**
 * Describes a command and the commands inside it.
 *
 * @param name - Name behind `rtspool`; empty for the server.
 * @param valuesOf - Values that the parser itself does not state.
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

/** Returns the values of an option or argument by its name: one that is called `file` is a file. */
const valuesNamed = (name: string): Values => ({ kind: /\bfile\b/.test(name) ? 'file' : 'text' })
