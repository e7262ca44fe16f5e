import { checkPathPattern, matchesPathPattern } from '../../media/path-pattern.js'
import { checkOptions, kindOf, shapeOf, shown } from '../../option-checks.js'

/** What can be done with a path: describe, set up and play, or announce and record. */
export type AccessAction = 'read' | 'publish'

/** Who wants to do what. */
export interface AccessContext {
  /** `undefined` for a client without credentials. */
  readonly user: string | undefined
  /** `undefined` where the method alone does not tell: outside of a session, for PAUSE, TEARDOWN, parameters. */
  readonly action: AccessAction | undefined
  /** Decoded, without track and trailing slash; `undefined` for `*`. */
  readonly path: string | undefined
  /** Numeric address of the client. */
  readonly address: string
}

/** Who may: anyone at all, every user that has proved to be one, users by name, or whom a function lets in. */
export type AccessSubject =
  | 'anyone'
  | 'authenticated'
  | readonly string[]
  | ((context: AccessContext) => boolean | Promise<boolean>)

/** Who may do what with a path. */
export interface AccessRule {
  /**
   * A path, or a path that ends in `/*`: everything below it, at any depth. `/*` is every path. Decoded text; a `*`
   * anywhere else is refused.
   */
  readonly path: string
  /** @default nobody */
  readonly read?: AccessSubject | undefined
  /** Where publishing is allowed at all (`mounts.allowPublish`). @default nobody */
  readonly publish?: AccessSubject | undefined
}

const actions = ['read', 'publish'] as const

/** What is asked of the rules: allowed when one of the actions is. */
export interface AccessQuestion {
  readonly context: AccessContext
  readonly actions: readonly AccessAction[]
}

/** The rules of a server: for each path the most specific one decides, and what it does not name is denied. */
export class AccessRules {
  /** Most specific first: paths, then patterns from the longest to the shortest. */
  readonly #rules: readonly AccessRule[]

  /**
   * @param users - All names that there can be; `undefined` when a hook may know more.
   * @throws {TypeError} Says which rule is wrong.
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
   * Whether the question is answered with yes. What a function of a rule throws is thrown on.
   *
   * @throws {TypeError} When such a function answers neither `true` nor `false`: a record of the user is no right.
   */
  async allows({ context, actions }: AccessQuestion): Promise<boolean> {
    const { path, user } = context
    // What belongs to no path is for whoever has proved to be somebody.
    if (path === undefined) return user !== undefined
    const rule = this.#rules.find(({ path: pattern }) => matchesPathPattern(pattern, path))
    for (const action of actions) {
      const answer: unknown = await isSubject(rule?.[action], { ...context, action })
      if (answer === true) return true
      if (answer !== false) {
        const got = shapeOf(answer)
        throw new TypeError(`auth.rules: ${action} must answer true or false, got ${got}`)
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
