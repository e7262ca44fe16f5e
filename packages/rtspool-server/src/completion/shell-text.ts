import type {
  CompletedCommand,
  CompletedKey,
  CompletedOption,
  Completions,
  Values,
} from './completed-command.js'

/** Quotes a text for a script of bash or zsh, on one line. */
export const quoted = (text: string): string =>
  `'${text.replace(/\s+/g, ' ').replaceAll("'", "'\\''")}'`

/** A word that a shell offers to complete the command line, and its meaning. */
export interface Offer {
  readonly word: string
  readonly text: string
}

/** Returns the direct subcommands of a command, such as `check` and `schema` for `config`. */
export function commandsInside(commands: readonly CompletedCommand[], name: string): Offer[] {
  const prefix = name === '' ? '' : `${name} `
  return commands.flatMap(({ name: other, text }) => {
    const word = other.startsWith(prefix) ? other.slice(prefix.length) : ''
    return word === '' || word.includes(' ') ? [] : [{ word, text }]
  })
}

/** Returns each name of each option, such as `--help` and `-h`, with the meaning of the option. */
export const optionOffers = (options: readonly CompletedOption[]): Offer[] =>
  options.flatMap(({ names, text }) => names.map((word) => ({ word, text })))

/** Returns the configuration keys of which a shell can offer the values. */
export const keysWithWords = (keys: readonly CompletedKey[]): readonly CompletedKey[] =>
  keys.filter(({ words }) => words.length > 0)

/** Lines of a completion script, in the language of one shell, that offer words, file names or configuration keys. */
export interface OfferingShell {
  readonly offerWords: (offers: readonly Offer[]) => string
  readonly offerFiles: string
  readonly offerKeys: string
}

/**
 * Returns the part of a completion script that bash and zsh have in common: it finds the command in
 * the words before the cursor, and offers what can follow.
 *
 * The part of the script before it sets `name` to an empty text, `before` to the words behind
 * `rtspool`, `prev` to the last of them, and `cur` to the word at the cursor.
 */
export function casesOf({ commands }: Completions, shell: OfferingShell): string {
  const names = commands.map(({ name }) => name).filter((name) => name !== '')
  return `\
  for word in "\${before[@]}"; do
    case "\${name:+$name }$word" in
      ${names.map(quoted).join(' | ')}) name="\${name:+$name }$word" ;;
      *) break ;;
    esac
  done
  case "$name $prev" in
${commands.flatMap((command) => valueCases(command, shell)).join('')}  esac
  case "$name $cur" in
${commands.map((command) => optionCase(command, shell)).join('')}  esac
  case $name in
${commands.map((command) => argumentCase(command, commands, shell)).join('')}  esac
`
}

const valueCases = ({ name, options }: CompletedCommand, shell: OfferingShell): string[] =>
  options.flatMap(({ names, values }) => {
    if (!values) return []
    const patterns = names.map((each) => quoted(`${name} ${each}`)).join(' | ')
    return [`    ${patterns}) ${offer(values, shell)}; return ;;\n`]
  })

const optionCase = ({ name, options }: CompletedCommand, { offerWords }: OfferingShell): string =>
  `    ${quoted(`${name} -`)}*) ${offerWords(optionOffers(options))}; return ;;\n`

function argumentCase(
  { name, values }: CompletedCommand,
  commands: readonly CompletedCommand[],
  shell: OfferingShell,
): string {
  const inside = commandsInside(commands, name)
  const offered =
    inside.length > 0 ? shell.offerWords(inside) : offer(values ?? { kind: 'text' }, shell)
  return `    ${quoted(name)}) ${offered} ;;\n`
}

function offer(values: Values, { offerWords, offerFiles, offerKeys }: OfferingShell): string {
  switch (values.kind) {
    case 'key':
      return offerKeys
    case 'file':
      return offerFiles
    case 'words':
      return offerWords(values.words.map((word) => ({ word, text: '' })))
    default:
      return ':'
  }
}
