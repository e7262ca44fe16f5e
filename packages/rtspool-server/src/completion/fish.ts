import type {
  CompletedCommand,
  CompletedKey,
  CompletedOption,
  Completions,
  Values,
} from './completed-command.js'
import { commandsInside } from './shell-text.js'

/** Quotes a text for a script of fish, on one line. */
const quoted = (text: string): string =>
  `'${text.replace(/\s+/g, ' ').replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Returns the completion script for fish. */
export const fishScript = ({ commands, keys }: Completions): string => `\
# Completes the command rtspool in fish: rtspool completion fish | source
function __rtspool_in
    set -l name ''
    for word in (commandline -opc)[2..-1]
        switch (string trim -- "$name $word")
            case ${commands.flatMap(({ name }) => (name === '' ? [] : [quoted(name)])).join(' ')}
                set name (string trim -- "$name $word")
            case '*'
                break
        end
    end
    test "$name" = "$argv"
end
function __rtspool_keys
    printf '%s\\t%s\\n' ${keys.flatMap(keyWords).map(quoted).join(' ')}
end
complete -c rtspool -f
${commands.flatMap((command) => linesOf(command, commands)).join('')}`

/**
 * Returns the words for `--set` with their meanings: `log.level=`, or each value as
 * `log.level=debug`.
 */
const keyWords = ({ name, text, words }: CompletedKey): string[] =>
  (words.length > 0 ? words : ['']).flatMap((value) => [`${name}=${value}`, text])

function linesOf(command: CompletedCommand, all: readonly CompletedCommand[]): string[] {
  const { name, options, values } = command
  const start = `complete -c rtspool -n ${quoted(`__rtspool_in ${name}`.trim())}`
  return [
    ...options.map((option) => `${start} ${optionText(option)}\n`),
    ...commandsInside(all, name).map(
      ({ word, text }) => `${start} -a ${quoted(word)} -d ${quoted(text)}\n`,
    ),
    ...(values ? [`${start}${valuesText(values)}\n`] : []),
  ]
}

function optionText({ names, text, values }: CompletedOption): string {
  const flags = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  )
  const required = values?.kind === 'file' ? ' -r' : ' -x'
  const value = values ? `${required}${valuesText(values)}` : ''
  return `${flags.join(' ')} -d ${quoted(text)}${value}`
}

function valuesText(values: Values): string {
  switch (values.kind) {
    case 'file':
      return ' -F'
    case 'words':
      return ` -a ${quoted(values.words.join(' '))}`
    case 'key':
      return " -a '(__rtspool_keys)'"
    default:
      return ''
  }
}
