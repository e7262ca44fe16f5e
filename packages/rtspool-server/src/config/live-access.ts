import type { AccessRule, AuthOptions } from 'rtspool'
import type { LoadedConfig } from './load-config.js'
import { OptionValueError } from './option-value-error.js'

/**
 * Refuses `live.access: anyone`, with which everybody may watch live pictures, on a server with access rights. Browsers
 * need no login for these pictures, so the rights would have no effect.
 *
 * @param auth - Users and rights; `undefined` = everybody may do everything.
 * @throws {OptionValueError} Names the source of the key.
 */
export function checkLiveAccess(
  { config, sourceOf }: LoadedConfig,
  auth: AuthOptions | undefined,
): void {
  const { port, access } = config.live
  if (port === false || access !== 'anyone' || mayAnyonePlay(auth)) return
  const source = sourceOf(['live', 'access'])
  throw new OptionValueError(`${source} anyone needs a server on which everybody may play`)
}

const isForAll = ({ read, from }: AccessRule): boolean => read === 'anyone' && from === undefined

function mayAnyonePlay(auth: AuthOptions | undefined): boolean {
  if (!auth) return true
  const rules = auth.rules ?? []
  // A rule with `from` denies all other addresses.
  return rules.some(({ path }) => path === '/*') && rules.every(isForAll)
}
