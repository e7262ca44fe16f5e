import type { Command, CommanderError } from 'commander'
import { nearestName } from './nearest-name.js'

/**
 * Names the option that was probably meant. The value behind a wrong name is left out of the
 * message.
 */
export function unknownOption({ message }: CommanderError, command: Command): string {
  const [name = ''] = /(?<=')-[^'=]*/.exec(message) ?? []
  const names = [...command.options.map(({ long }) => long ?? ''), '--help']
  const nearest = nearestName(name, names)
  const hint = nearest === undefined ? 'see --help' : `did you mean ${nearest}?`
  return `there is no option ${name}; ${hint}`
}
