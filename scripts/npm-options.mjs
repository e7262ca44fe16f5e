/**
 * Options of `npm start` that npm has kept for itself: without `--` in front of them it takes every option, known to it or
 * not, and tells the script in its environment alone.
 *
 * @param environment - Of the process.
 * @param names - Long names of the options that the command has, such as `--log-level`.
 * @returns Names as they were written.
 */
export function optionsKeptByNpm(environment, names) {
  if (environment.npm_lifecycle_event !== 'start') return []
  return names.filter((name) => variableOf(name) in environment)
}

/** npm takes `--no-publish` for `--publish` with an empty value, and writes dashes as underscores. */
const variableOf = (name) => `npm_config_${name.replace(/^--(no-)?/, '').replaceAll('-', '_')}`

/** Explains what to type instead; without values, which may be passwords. */
export const npmOptionsProblem = (names) =>
  `npm keeps ${names.join(', ')} for itself; put -- in front of the options: npm start -- ${names[0]} …`
