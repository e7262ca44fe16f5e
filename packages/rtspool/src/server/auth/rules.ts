import { checkPathPattern, matchesPathPattern } from '../../media/path-pattern.js'
import { checkOptions, kindOf, shapeOf, shown } from '../../option-checks.js'
import { AddressRanges } from './address-ranges.js'

/** Use of a path: `read` is DESCRIBE, SETUP and PLAY; `publish` is ANNOUNCE and RECORD. */
export type AccessAction = 'read' | 'publish'

/** Right that a rule gives: an action, or `talk`, which is SETUP of a back channel. */
export type AccessRight = AccessAction | 'talk'

/** User, action, path and address of a request, by which access is decided. */
export interface AccessContext {
  /** Name of the authenticated user; `undefined` for a client without credentials. */
  readonly user: string | undefined
  /**
   * Action that the method implies; `undefined` for PAUSE, TEARDOWN, and GET_PARAMETER or
   * SET_PARAMETER outside a session.
   */
  readonly action: AccessRight | undefined
  /** Decoded path without track and trailing slash; `undefined` for `*`. */
  readonly path: string | undefined
  /** Numeric address of the client. */
  readonly address: string
}

/**
 * Users whom a rule allows: anybody, all authenticated users, users by name, or those that a
 * function accepts.
 */
export type AccessSubject =
  | 'anyone'
  | 'authenticated'
  | readonly string[]
  | ((context: AccessContext) => boolean | Promise<boolean>)

/** Rights of users on one path. */
export interface AccessRule {
  /**
   * A path, or a path that ends in `/*`, which matches everything below it at any depth. `/*`
   * matches every path. Decoded text; a `*` anywhere else is refused.
   */
  readonly path: string
  /** Users who may play. @default nobody */
  readonly read?: AccessSubject | undefined
  /**
   * Users who may publish, if publishing is enabled for the path (`mounts.allowPublish`).
   *
   * @default nobody
   */
  readonly publish?: AccessSubject | undefined
  /**
   * Users who may speak over the back channel of a media, among those who may `read` it.
   * @default those who may `read`
   */
  readonly talk?: AccessSubject | undefined
  /**
   * Addresses and networks, such as `10.0.0.0/8`, of the clients to which the rule applies; at
   * least one. If one path has several rules, the first one for the client's address decides. A
   * client without such a rule is denied.
   * @default all addresses
   */
  readonly from?: readonly string[] | undefined
}

const rights = ['read', 'publish', 'talk'] as const

/**
 * Input for {@link AccessRules.allows}: a request, and its possible actions. It is enough if one of
 * the actions is allowed.
 */
export interface AccessQuestion {
  readonly context: AccessContext
  readonly actions: readonly AccessAction[]
}

/** Access rule whose address ranges have been parsed. */
interface CheckedRule extends AccessRule {
  /** Addresses of the clients to which the access rule applies; `undefined` = all addresses. */
  readonly ranges: AddressRanges | undefined
}

/**
 * The access rules of a server. For a request, the most specific matching path decides. If this
 * path has several rules, the first one for the client's address applies. Every action that the
 * rule does not mention is denied.
 */
export class AccessRules {
  /** Access rules by path, most specific first: exact paths, then patterns from the longest to the shortest. */
  readonly #rules: readonly (readonly CheckedRule[])[]

  /**
   * Checks the access rules of a server and sorts them by path.
   *
   * @param users - All existing user names; `undefined` if a hook may know more.
   * @throws {TypeError} Names the wrong rule.
   */
  constructor(rules: readonly AccessRule[], users: ReadonlySet<string> | undefined) {
    if (!Array.isArray(rules)) throw new TypeError('auth.rules must be a list')
    const byPath = new Map<string, CheckedRule[]>()
    for (const [index, rule] of rules.entries()) {
      const checked = checkRule(`auth.rules[${index}]`, rule, users)
      const before = byPath.get(rule.path) ?? []
      if (before.some(({ ranges }) => ranges === undefined)) {
        throw new TypeError(
          `auth.rules: ${rule.path} has two rules, and the first is for all addresses`,
        )
      }
      byPath.set(rule.path, [...before, checked])
    }
    this.#rules = [...byPath.values()].sort(bySpecificity)
  }

  /**
   * Returns whether the rules allow a request. Errors that a function in a rule throws are not
   * caught.
   *
   * @throws {TypeError} If such a function returns anything but `true` or `false`: a user record is
   *   not a permission.
   */
  async allows({ context, actions }: AccessQuestion): Promise<boolean> {
    const { path, user } = context
    // Requests without a path (`*`) are allowed for every authenticated user.
    if (path === undefined) return user !== undefined
    const rule = this.#ruleFor(path, context.address)
    for (const action of actions) if (await isAllowed(rule, action, context)) return true
    return false
  }

  /**
   * Returns whether the rules allow a client that may read to speak over the back channel. Errors
   * that a function in a rule throws are not caught.
   */
  async allowsTalk(context: AccessContext): Promise<boolean> {
    const { path, address } = context
    const rule = path === undefined ? undefined : this.#ruleFor(path, address)
    return rule?.talk === undefined || isAllowed(rule, 'talk', context)
  }

  #ruleFor(path: string, address: string): CheckedRule | undefined {
    const rules = this.#rules.find(([first]) => first && matchesPathPattern(first.path, path))
    return rules?.find(({ ranges }) => ranges === undefined || ranges.has(address))
  }
}

async function isAllowed(
  rule: AccessRule | undefined,
  right: AccessRight,
  context: AccessContext,
): Promise<boolean> {
  const answer: unknown = await isSubject(rule?.[right], { ...context, action: right })
  if (answer === true || answer === false) return answer
  const got = shapeOf(answer)
  throw new TypeError(`auth.rules: ${right} must return true or false, got ${got}`)
}

function isSubject(
  subject: AccessSubject | undefined,
  context: AccessContext,
): boolean | Promise<boolean> {
  if (subject === undefined) return false
  if (subject === 'anyone') return true
  if (subject === 'authenticated') return context.user !== undefined
  if (typeof subject === 'function') return subject(context)
  return context.user !== undefined && subject.includes(context.user)
}

const isPattern = ({ path }: AccessRule): boolean => path.endsWith('/*')

function bySpecificity([left]: readonly AccessRule[], [right]: readonly AccessRule[]): number {
  if (!left || !right) return 0
  if (isPattern(left) !== isPattern(right)) return isPattern(left) ? 1 : -1
  return right.path.length - left.path.length
}

function checkRule(
  name: string,
  rule: AccessRule,
  users: ReadonlySet<string> | undefined,
): CheckedRule {
  checkOptions(name, rule, ['path', 'from', ...rights])
  checkPathPattern(`${name}.path`, rule.path)
  if (rule.path.length > 1 && rule.path.endsWith('/')) {
    throw new TypeError(`${name}.path must not end in a slash, got ${shown(rule.path)}`)
  }
  for (const right of rights) checkSubject(`${name}.${right}`, rule[right], users)
  const ranges = rule.from === undefined ? undefined : new AddressRanges(`${name}.from`, rule.from)
  if (rule.from?.length === 0) {
    throw new TypeError(`${name}.from must name an address or a network, got an empty list`)
  }
  return Object.freeze({ ...rule, ranges })
}

function checkSubject(
  name: string,
  subject: AccessSubject | undefined,
  users: ReadonlySet<string> | undefined,
): void {
  if (subject === undefined || subject === 'anyone' || subject === 'authenticated') return
  if (typeof subject === 'function') return
  if (!Array.isArray(subject)) {
    throw new TypeError(
      `${name} must be 'anyone', 'authenticated', names or a function, got ${kindOf(subject)}`,
    )
  }
  for (const user of subject) {
    if (users && !users.has(user)) throw new TypeError(`${name}: '${user}' is not in auth.users`)
  }
}
