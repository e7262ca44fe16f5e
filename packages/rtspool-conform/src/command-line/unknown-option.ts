import type { Command, CommanderError } from 'commander'
import { nearestName } from './nearest-name.js'

/**
 * Returns a message about an unknown option on the command line, with the option that was probably meant. The value
 * after the unknown name is left out.
 */
export function unknownOption({ message }: CommanderError, command: Command): string {
  const [name = ''] = /(?<=')-[^'=]*/.exec(message) ?? []
  const names = [...command.options.map(({ long }) => long ?? ''), '--help']
  const nearest = nearestName(name, names)
  const hint = nearest === undefined ? 'see --help' : `did you mean ${nearest}?`
  return `there is no option ${name}; ${hint}`
}
