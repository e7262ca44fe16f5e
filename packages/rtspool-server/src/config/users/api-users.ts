import { createHash, timingSafeEqual } from 'node:crypto'
import { digestHa1 } from 'rtspool'
import { Networks } from '../../access/networks.js'
import { PasswordCheck } from '../../access/password-check.js'
import type { Role } from '../../access/roles.js'

/** Secrets of a user, of which one is present at least. */
export interface LoginSecret {
  readonly scrypt?: string | undefined
  readonly ha1?: { readonly algorithm: 'SHA-256' | 'MD5'; readonly hash: string } | undefined
  readonly clear?: string | undefined
}

/** Names users who may log in to the control API. */
export interface ApiRule {
  readonly role: Role
  readonly users: readonly string[]
  /** Addresses that the rule is for. @default all */
  readonly from?: readonly string[] | undefined
}

/** Everything that decides who may log in to the control API. */
export interface ApiUsersOptions {
  readonly rules: readonly ApiRule[]
  readonly secrets: ReadonlyMap<string, LoginSecret>
  /** Part of the hashes of Digest. */
  readonly realm: string
  /** Cost of the check for users without a hash of scrypt. @default that of new hashes */
  readonly logN?: number | undefined
}

/** Users who may log in to the control API, with passwords and roles. */
export class ApiUsers {
  readonly #rules: readonly (ApiRule & { readonly networks: Networks | undefined })[]
  readonly #secrets: ReadonlyMap<string, LoginSecret>
  readonly #realm: string
  readonly #check: PasswordCheck

  constructor({ rules, secrets, realm, logN }: ApiUsersOptions) {
    this.#rules = rules.map((rule) => ({ ...rule, networks: rule.from && new Networks(rule.from) }))
    this.#secrets = secrets
    this.#realm = realm
    this.#check = new PasswordCheck(
      new Map([...secrets].flatMap(([name, { scrypt }]) => (scrypt ? [[name, scrypt]] : []))),
      logN,
    )
  }

  /** True if no user may log in. */
  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  /** Returns the role of the first rule for a user and an address; `undefined` = no rights. */
  roleOf(name: string, address: string): Role | undefined {
    return this.#rules.find(
      ({ users, networks }) => users.includes(name) && (networks?.has(address) ?? true),
    )?.role
  }

  /** Checks a password. Wrong ones and unknown users take the same time. */
  async isRight(name: string, password: string): Promise<boolean> {
    const isOfHash = await this.#check.isRight(name, password)
    const secret = this.#secrets.get(name)
    if (secret === undefined || secret.scrypt !== undefined) return isOfHash
    const { clear, ha1 } = secret
    if (clear !== undefined) return areEqual(clear, password)
    if (ha1 === undefined) return false
    return areEqual(ha1.hash, digestHa1(ha1.algorithm, name, this.#realm, password))
  }

  /** Returns a text that changes with the password of a user; `undefined` for an unknown user. */
  markOf(name: string): string | undefined {
    const secret = this.#secrets.get(name)
    return secret && digest(JSON.stringify(secret)).toString('base64')
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const areEqual = (one: string, other: string): boolean =>
  timingSafeEqual(digest(one), digest(other))

/** Nobody: only tokens open the API. */
export const noApiUsers = new ApiUsers({ rules: [], secrets: new Map(), realm: '' })
