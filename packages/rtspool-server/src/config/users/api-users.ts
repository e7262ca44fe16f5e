import { createHash, timingSafeEqual } from 'node:crypto'
import { digestHa1 } from 'rtspool'
import type { ExternalLogins } from '../../access/external-logins.js'
import { Networks } from '../../access/networks.js'
import { PasswordCheck } from '../../access/password-check.js'
import type { Role } from '../../access/roles.js'

/**
 * Secrets by which the password of one user is checked: a scrypt hash, a hash for Digest, or the password itself. At
 * least one is there.
 */
export interface LoginSecret {
  readonly scrypt?: string | undefined
  readonly ha1?: { readonly algorithm: 'SHA-256' | 'MD5'; readonly hash: string } | undefined
  readonly clear?: string | undefined
}

/** Rule that gives some users a role in the control API. */
export interface ApiRule {
  readonly role: Role
  readonly users: readonly string[]
  /** Addresses of the clients to which the rule applies. @default all */
  readonly from?: readonly string[] | undefined
}

/** Users of the control API: secrets that check their passwords, and rules that give them roles. */
export interface ApiUsersOptions {
  readonly rules: readonly ApiRule[]
  readonly secrets: ReadonlyMap<string, LoginSecret>
  /** Realm for which the Digest hashes were made, because each hash contains the realm. */
  readonly realm: string
  /**
   * Cost of the check for users without a scrypt hash, as log2 of N. @default the cost of new
   * hashes
   */
  readonly logN?: number | undefined
  /** Hook and tokens that may give roles to users without a secret here. @default none */
  readonly external?: ExternalLogins | undefined
}

/** Users who may log in to the control API, with passwords and roles. */
export class ApiUsers {
  readonly #rules: readonly (ApiRule & { readonly networks: Networks | undefined })[]
  readonly #secrets: ReadonlyMap<string, LoginSecret>
  readonly #realm: string
  readonly #check: PasswordCheck
  /** Hook and tokens that may give roles to users who are unknown here; `undefined` = none. */
  readonly external: ExternalLogins | undefined

  constructor({ rules, secrets, realm, logN, external }: ApiUsersOptions) {
    this.external = external
    this.#rules = rules.map((rule) => ({ ...rule, networks: rule.from && new Networks(rule.from) }))
    this.#secrets = secrets
    this.#realm = realm
    this.#check = new PasswordCheck(
      new Map([...secrets].flatMap(([name, { scrypt }]) => (scrypt ? [[name, scrypt]] : []))),
      logN,
    )
  }

  /** Returns whether a user is one of the configuration, about whom no external login decides. */
  has(name: string): boolean {
    return this.#secrets.has(name)
  }

  /** True if no rule gives a user a role, so that no user of the configuration can log in. */
  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /**
   * Returns the role of the first rule that matches a user and an address; `undefined` = the user
   * has no rights.
   */
  roleOf(name: string, address: string): Role | undefined {
    return this.#rules.find(
      ({ users, networks }) => users.includes(name) && (networks?.has(address) ?? true),
    )?.role
  }

  /**
   * Returns whether a password is that of a user. The check takes the same time for a wrong password and an unknown
   * user.
   */
  async isRight(name: string, password: string): Promise<boolean> {
    const isOfHash = await this.#check.isRight(name, password)
    const secret = this.#secrets.get(name)
    if (secret === undefined || secret.scrypt !== undefined) return isOfHash
    const { clear, ha1 } = secret
    if (clear !== undefined) return areEqual(clear, password)
    if (ha1 === undefined) return false
    return areEqual(ha1.hash, digestHa1(ha1.algorithm, name, this.#realm, password))
  }

  /**
   * Returns a text that changes with the password of a user, so that a login with the former
   * password can be ended; `undefined` for an unknown user.
   */
  markOf(name: string): string | undefined {
    const secret = this.#secrets.get(name)
    return secret && digest(JSON.stringify(secret)).toString('base64')
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const areEqual = (one: string, other: string): boolean =>
  timingSafeEqual(digest(one), digest(other))

/** Empty list of users: the control API then accepts tokens only. */
export const noApiUsers = new ApiUsers({ rules: [], secrets: new Map(), realm: '' })
