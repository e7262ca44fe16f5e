/**
 * Options of `npm start` or `npm test` that npm has kept for itself: without `--` in front of them it takes every option,
 * known to it or not, and tells the script in its environment alone.
 *
 * @param event - `start` or `test`.
 * @param environment - Of the process.
 * @param names - Long names of the options that the command has, such as `--log-level`.
 * @returns Names as they were written.
 */
export function optionsKeptByNpm(event, environment, names) {
  if (environment.npm_lifecycle_event !== event) return []
  return names.filter((name) => variableOf(name) in environment)
}

/** npm takes `--no-publish` for `--publish` with an empty value, and writes dashes as underscores, and all in small letters. */
const variableOf = (name) =>
  `npm_config_${name
    .replace(/^-+(no-)?/, '')
    .replaceAll('-', '_')
    .toLowerCase()}`

/** Explains what to type instead; without values, which may be passwords. */
export const npmOptionsProblem = (event, names) =>
  `npm keeps ${names.join(', ')} for itself; put -- in front of the options: npm ${event} -- ${names[0]} …`
