import { createPublicKey } from 'node:crypto'
import type { ExternalOptions } from '../../access/external-logins.js'
import type { TokenOptions } from '../../access/jwt/token-options.js'
import type { Environment } from '../environment.js'
import { textOfFile } from '../file-text.js'
import type { LoadedConfig } from '../load-config.js'
import { OptionValueError } from '../option-value-error.js'

/** Name of the environment variable with the key that signs requests to the login hook. */
export const hookSecretVariable = 'RTSPOOL_AUTH_HOOK_SECRET'

/** Members of a loaded configuration that {@link externalOptionsOf} reads. */
type Loaded = Pick<LoadedConfig, 'config' | 'sourceOf'>

/**
 * Returns the settings of external logins (hook and JWT).
 *
 * @returns `undefined` without a hook and without keys of tokens.
 * @throws {OptionValueError} A file cannot be read, or has no key.
 */
export function externalOptionsOf(
  loaded: Loaded,
  environment: Environment,
): ExternalOptions | undefined {
  const jwt = tokenOptionsOf(loaded)
  const hook = hookOptionsOf(loaded, environment)
  return hook || jwt ? { hook, jwt } : undefined
}

function hookOptionsOf(loaded: Loaded, environment: Environment): ExternalOptions['hook'] {
  const { url, timeout, cacheYes, cacheNo, ...hook } = loaded.config.auth.hook
  if (url === undefined) return undefined
  const { maxConnections, maxWaiting, actions, credentials, digest } = hook
  const { realm } = loaded.config.auth
  return {
    ...{ url, timeoutSeconds: timeout, cacheYesSeconds: cacheYes, cacheNoSeconds: cacheNo },
    ...{ maxConnections, maxWaiting, actions, credentials, digest, realm },
    secret:
      textOfFile(loaded, ['auth', 'hook', 'secretFile'], hook.secretFile)?.trim() ??
      environment[hookSecretVariable],
    ca: textOfFile(loaded, ['auth', 'hook', 'caFile'], hook.caFile),
  }
}

const keyFilePath = ['auth', 'jwt', 'keyFile']

/**
 * Checks that the text of the file `auth.jwt.keyFile` is a key for the configured algorithms of JWTs.
 *
 * @throws {OptionValueError} The text is no key for the algorithms; the message does not show it.
 */
function checkKey(text: string, { config, sourceOf }: Loaded): void {
  const { keyFile, algorithms } = config.auth.jwt
  const source = `${sourceOf(keyFilePath)} ${keyFile}`
  const kind = keyKindOf(text)
  if (kind === undefined) {
    throw new OptionValueError(`${source} must be a public key in PEM, a JWKS, or a secret`)
  }
  if (kind !== 'secret' || algorithms.some((name) => name.startsWith('HS'))) return
  const remedy = 'or auth.jwt.algorithms must have HS256'
  throw new OptionValueError(`${source} must be a public key in PEM or a JWKS, ${remedy}`)
}

/** Returns the kind of a key for JWTs; `undefined` for a text that is no valid key. */
function keyKindOf(text: string): 'public' | 'secret' | undefined {
  try {
    if (text.trimStart().startsWith('{')) {
      return Array.isArray(JSON.parse(text).keys) ? 'public' : undefined
    }
    if (!text.includes('-----BEGIN ')) return 'secret'
    createPublicKey(text)
    return 'public'
  } catch {
    return undefined
  }
}

function tokenOptionsOf(loaded: Loaded): TokenOptions | undefined {
  const { jwt } = loaded.config.auth
  const text = textOfFile(loaded, keyFilePath, jwt.keyFile)
  if (text !== undefined) checkKey(text, loaded)
  const { jwksUrl: url } = jwt
  if (url === undefined && text === undefined) return undefined
  return {
    keys: url === undefined ? { text: text ?? '' } : { url },
    issuer: jwt.issuer,
    audience: jwt.audience,
    algorithms: jwt.algorithms,
    claims: {
      user: jwt.userClaim,
      paths: jwt.pathsClaim,
      actions: jwt.actionsClaim,
      groups: jwt.groupsClaim,
      role: jwt.roleClaim,
    },
    clockToleranceSeconds: jwt.clockTolerance,
    ca: textOfFile(loaded, ['auth', 'jwt', 'caFile'], jwt.caFile),
  }
}
