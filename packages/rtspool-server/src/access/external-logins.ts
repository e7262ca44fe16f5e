import {
  type Clock,
  type LoginAnswer,
  type LoginContext,
  type LoginHook,
  systemClock,
} from 'rtspool'
import { HookLogins, type HookOptions } from './hook/hook-logins.js'
import { Interned } from './interned.js'
import { isToken, TokenLogins } from './jwt/token-logins.js'
import type { TokenOptions } from './jwt/token-options.js'
import type { RoleAnswer, RoleQuestion } from './role-answer.js'
import { type ShareLogins, sharePrefix } from './share-logins.js'

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

  /** True if the hook or tokens may give users roles in the control API. */
  get opensApi(): boolean {
    return this.#hook?.opensApi === true || this.#tokens?.opensApi === true
  }

  /**
   * Asks for the role in the control API of a user who is not in the configuration. A password that is a JWT is
   * checked as such. Never throws.
   */
  async askRole(question: RoleQuestion): Promise<RoleAnswer> {
    const byToken = await this.askRoleOfToken(question.password)
    return byToken ?? (await this.#hook?.askRole(question)) ?? { refuse: 'wrong' }
  }

  /**
   * Returns the role in the control API that a JWT gives.
   *
   * @returns `undefined` for a text that is no JWT, and if tokens do not open the API.
   */
  async askRoleOfToken(token: string): Promise<RoleAnswer | undefined> {
    return this.#tokens?.opensApi && isToken(token) ? this.#tokens.askRole(token) : undefined
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
 * Returns the external logins of a configuration. Equal options give the same object, so that a reload of the
 * configuration does not count as a change.
 */
export function externalLogins(options: ExternalOptions, shares?: ShareLogins): ExternalLogins {
  const text = JSON.stringify([shares?.id, options])
  const logins = known.get(text, () => new ExternalLogins(options, systemClock, shares))
  owners.set(logins.login, logins)
  return logins
}

/**
 * Closes the connections of a login hook that was replaced, and removes its remembered answers.
 *
 * @param hook - Function of an object that {@link externalLogins} has returned; any other value is ignored.
 */
export function closeReplacedLogins(hook: LoginHook | undefined): void {
  const logins = hook && owners.get(hook)
  void logins?.close()
}
