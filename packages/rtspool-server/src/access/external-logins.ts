import {
  type Clock,
  type LoginAnswer,
  type LoginContext,
  type LoginHook,
  systemClock,
} from 'rtspool'
import { HookLogins, type HookOptions } from './hook-logins.js'
import { Interned } from './interned.js'
import { type ShareLogins, sharePrefix } from './share-logins.js'
import { isToken, TokenLogins } from './token-logins.js'
import type { TokenOptions } from './token-options.js'

/**
 * Settings for logins of users who are not in the configuration: a login hook, and the keys of JWTs. `undefined` =
 * unused.
 */
export interface ExternalOptions {
  readonly hook: HookOptions | undefined
  readonly jwt: TokenOptions | undefined
}

/**
 * Accepts or refuses clients that are not users of the configuration. A secret with the prefix of share links is
 * checked as such, and a JWT by the configured keys. The login hook (an HTTP server) is asked about all other
 * credentials.
 */
export class ExternalLogins {
  readonly #hook: HookLogins | undefined
  readonly #tokens: TokenLogins | undefined
  readonly #shares: ShareLogins | undefined
  /**
   * Function for the option `auth.login` of the library, which asks it about clients that are no configured users. The
   * function of one object never changes.
   */
  readonly login: LoginHook = (context) => this.#ask(context)

  /**
   * Creates the logins. A connection to the hook or to the server of the keys opens when a login needs it.
   *
   * @param shares - Share links with which players log in, if there are any.
   */
  constructor({ hook, jwt }: ExternalOptions, clock: Clock = systemClock, shares?: ShareLogins) {
    this.#shares = shares
    this.#hook = hook && new HookLogins(hook, clock)
    this.#tokens = jwt && new TokenLogins(jwt, clock)
  }

  /**
   * Closes the connections to the login hook and to the server of the JWT keys, after the requests under way. Removes
   * cached answers. Later logins still work.
   */
  async close(): Promise<void> {
    this.#hook?.close()
    await this.#tokens?.close()
  }

  async #ask(context: LoginContext): Promise<LoginAnswer> {
    if (this.#shares && context.token?.startsWith(sharePrefix)) {
      return this.#shares.ask(context.token, context)
    }
    // Some clients can send a token as password only.
    const token = context.token ?? context.password
    if (this.#tokens && isToken(token)) return this.#tokens.ask(token, context)
    return this.#hook?.ask(context)
  }
}

const known = new Interned<ExternalLogins>()
const owners = new WeakMap<LoginHook, ExternalLogins>()

/**
 * Returns the function for the option `auth.login` of the library, which decides about external logins. Equal options
 * give the same function, so that a reload of the configuration does not count as a change.
 */
export function loginByOthers(options: ExternalOptions, shares?: ShareLogins): LoginHook {
  const text = JSON.stringify([shares?.id, options])
  const logins = known.get(text, () => new ExternalLogins(options, systemClock, shares))
  owners.set(logins.login, logins)
  return logins.login
}

/**
 * Closes the connections of a login hook that was replaced, and removes its remembered answers.
 *
 * @param hook - A result of {@link loginByOthers}; any other value is ignored.
 */
export function closeReplacedLogins(hook: LoginHook | undefined): void {
  const logins = hook && owners.get(hook)
  void logins?.close()
}
