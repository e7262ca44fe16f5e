import type { AccessRule, AccessSubject } from 'rtspool'

/** Rights of users on one path, and on its recordings. */
export interface RuleWithReplay extends AccessRule {
  /** Users who may play the recordings of the path. @default those who may `read` */
  readonly replay?: AccessSubject | undefined
}

/**
 * Returns access rules with another rule for the recordings of each path: the users of `replay` may `read` the path
 * below `prefix`. A rule that the configuration has for such a path itself stays as it is.
 *
 * @param prefix - Path below which recordings are played; `undefined` = nowhere, and no rule is added.
 */
export function withReplayRules(
  rules: readonly RuleWithReplay[],
  prefix: string | undefined,
): AccessRule[] {
  const own = rules.map(({ replay: _, ...rule }) => rule)
  if (prefix === undefined) return own
  const paths = new Set(rules.map(({ path }) => path))
  const added = rules.flatMap(({ path, read, replay = read, from }) => {
    const replayed = path === '/' ? prefix : `${prefix}${path}`
    if (paths.has(replayed)) return []
    return [{ path: replayed, ...(replay && { read: replay }), ...(from && { from }) }]
  })
  return [...own, ...added]
}
