import { OptionValueError } from '../option-value-error.js'

/**
 * Parses users in the form `name:password`. Messages never quote the text, because it may contain a
 * password.
 *
 * @param source - Name of the source in messages.
 * @throws {OptionValueError} A text is no such pair, or names a user twice.
 */
export function clearUsersOf(source: string, texts: readonly string[]): Record<string, string> {
  const users: Record<string, string> = Object.create(null)
  for (const text of texts) addUser(users, source, text)
  return users
}

function addUser(users: Record<string, string>, source: string, text: string): void {
  const colon = text.indexOf(':')
  if (colon < 1 || colon === text.length - 1) {
    throw new OptionValueError(`${source} must be name:password, got no such pair`)
  }
  const name = text.slice(0, colon)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) {
    throw new OptionValueError(`${source} must have a name without control characters`)
  }
  if (name in users)
    throw new OptionValueError(`${source} must name a user once, got '${name}' twice`)
  users[name] = text.slice(colon + 1)
}
