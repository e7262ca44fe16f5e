import { checkPathPattern, matchesPathPattern } from '../../media/path-pattern.js'
import { checkOptions, kindOf, shapeOf, shown } from '../../option-checks.js'

/** Use of a path: `read` is DESCRIBE, SETUP and PLAY; `publish` is ANNOUNCE and RECORD. */
export type AccessAction = 'read' | 'publish'

/** User, action and path of a request, as input for rules. */
export interface AccessContext {
  /** Name of the authenticated user; `undefined` for a client without credentials. */
  readonly user: string | undefined
  /**
   * Action that the method implies; `undefined` for PAUSE, TEARDOWN and parameters outside a
   * session.
   */
  readonly action: AccessAction | undefined
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

/** Rights on a path. */
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
}

const actions = ['read', 'publish'] as const

/** Input for {@link AccessRules.allows}: a request is allowed if one of its actions is. */
export interface AccessQuestion {
  readonly context: AccessContext
  readonly actions: readonly AccessAction[]
}

/**
 * The access rules of a server. For each path the most specific rule decides, and anything that it
 * does not name is denied.
 */
export class AccessRules {
  /** Rules, most specific first: paths, then patterns from the longest to the shortest. */
  readonly #rules: readonly AccessRule[]

  /**
   * @param users - All existing user names; `undefined` if a hook may know more.
   * @throws {TypeError} Names the wrong rule.
   */
  constructor(rules: readonly AccessRule[], users: ReadonlySet<string> | undefined) {
    if (!Array.isArray(rules)) throw new TypeError('auth.rules must be a list')
    const paths = new Set<string>()
    for (const [index, rule] of rules.entries()) {
      checkRule(`auth.rules[${index}]`, rule, users)
      if (paths.has(rule.path)) throw new TypeError(`auth.rules: ${rule.path} has two rules`)
      paths.add(rule.path)
    }
    this.#rules = rules.map((rule) => Object.freeze({ ...rule })).sort(bySpecificity)
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
    const rule = this.#rules.find(({ path: pattern }) => matchesPathPattern(pattern, path))
    for (const action of actions) {
      const answer: unknown = await isSubject(rule?.[action], { ...context, action })
      if (answer === true) return true
      if (answer !== false) {
        const got = shapeOf(answer)
        throw new TypeError(`auth.rules: ${action} must return true or false, got ${got}`)
      }
    }
    return false
  }
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

function bySpecificity(left: AccessRule, right: AccessRule): number {
  if (isPattern(left) !== isPattern(right)) return isPattern(left) ? 1 : -1
  return right.path.length - left.path.length
}

function checkRule(name: string, rule: AccessRule, users: ReadonlySet<string> | undefined): void {
  checkOptions(name, rule, ['path', ...actions])
  checkPathPattern(`${name}.path`, rule.path)
  if (rule.path.length > 1 && rule.path.endsWith('/')) {
    throw new TypeError(`${name}.path must not end in a slash, got ${shown(rule.path)}`)
  }
  for (const action of actions) checkSubject(`${name}.${action}`, rule[action], users)
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
