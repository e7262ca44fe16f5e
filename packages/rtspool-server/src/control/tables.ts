/** Lines for people, and a sentence about what they lack. */
export interface Printed {
  readonly lines: readonly string[]
  /** Sentence that names what is missing. Absent if nothing is. */
  readonly missing?: string
}

interface NamedNode {
  readonly tag: string
  readonly name?: string
}

/** A server of a cluster that has not answered, with the reason. */
interface UnheardNode extends NamedNode {
  readonly why?: string
}

/** Answer of `getClusterMap`. */
export interface MapAnswer {
  readonly nodes: readonly (UnheardNode & {
    readonly state: string
    readonly report?: Readonly<Record<string, unknown>>
  })[]
}

/** Answer of `listSessions`. */
export interface SessionsAnswer {
  readonly sessions: readonly (Readonly<Record<string, unknown>> & {
    readonly paths: readonly string[]
    readonly node?: NamedNode
  })[]
  readonly cursor?: string
  readonly unheard?: readonly UnheardNode[]
}

/** Answer of `kickSessions`, or of `kickSession`, which has no count. */
export interface KickAnswer {
  readonly count?: number
  readonly unheard?: readonly UnheardNode[]
}

/** Answer of `changeClusterLimits`. A server outside of a cluster has no tag. */
export interface LimitsAnswer {
  readonly nodes: readonly (Partial<NamedNode> & {
    readonly isChanged: boolean
    readonly refusal?: string
  })[]
  readonly unheard?: readonly UnheardNode[]
}

/** Answer of `addBan`. */
export interface BanAnswer {
  readonly publicId: string
}

const nodeFacts = [
  ...['sessions', 'viewers', 'publishers', 'pullCount', 'credits', 'version'],
] as const

/** Returns a table of the servers of a cluster. Of one that has not answered, only the reason is known. */
export function nodeLines({ nodes }: MapAnswer): Printed {
  const heads = ['server', 'tag', 'state', ...nodeFacts.map((fact) => fact.replace('Count', 's'))]
  const rows = nodes.map(({ tag, name, state, why, report }) => {
    const present = report?.isDraining === true ? 'draining' : report?.state
    const facts = report ? nodeFacts.map((fact) => report[fact]) : []
    return [name ?? tag, tag, present ?? why ?? state, ...facts]
  })
  const unheard = nodes.filter(({ report }) => report === undefined)
  rows.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))
  return { lines: tableLines([heads, ...rows]), ...missingOf(unheard) }
}

/** Returns a table of sessions, with a column for the server in a cluster. */
export function sessionLines({ sessions, cursor, unheard }: SessionsAnswer): Printed {
  const heads = ['id', 'server', 'user', 'address', 'state', 'created', 'path']
  const rows = sessions.map(({ publicId, node, user, address, state, createdTime, paths }) => [
    ...[publicId, node?.name ?? node?.tag, user, address, state, createdTime, paths.join(' ')],
  ])
  const lines = tableLines([heads, ...rows])
  const more = cursor === undefined ? [] : [`The first ${sessions.length} sessions.`]
  return { lines: [...lines, ...more], ...missingOf(unheard) }
}

export const kickLines = ({ count = 1, unheard }: KickAnswer): Printed => ({
  lines: [`sessions ended: ${count}`],
  ...missingOf(unheard),
})

/** Returns a table with the answer of each server to a change of limits. A server that refuses counts as missing. */
export function limitLines({ nodes, unheard = [] }: LimitsAnswer): Printed {
  const answers = nodes.map(({ tag, name, isChanged, refusal }) => [
    ...[name ?? tag ?? 'this server', tag, isChanged ? 'changed' : `refused: ${refusal}`],
  ])
  const silent = unheard.map(({ tag, name, why }) => [name ?? tag, tag, `not heard: ${why}`])
  const refusing = nodes.filter(({ isChanged }) => !isChanged)
  const missing = [...refusing, ...unheard].map(({ name, tag = '' }) => name ?? tag)
  return {
    lines: tableLines([['server', 'tag', 'limits'], ...answers, ...silent]),
    ...(missing.length > 0 && {
      missing: `not known to have changed: ${missing.join(', ').replace(controls, '?')}`,
    }),
  }
}

export const banLines = ({ publicId }: BanAnswer): Printed => ({ lines: [`ban ${publicId} added`] })

function missingOf(unheard: readonly UnheardNode[] = []): Pick<Printed, 'missing'> {
  if (unheard.length === 0) return {}
  const names = unheard.map(({ tag, name, why }) => `${name ?? tag}${why ? ` (${why})` : ''}`)
  return { missing: `not heard: ${names.join(', ').replace(controls, '?')}` }
}

/** Matches control characters. In a path or a name from outside, they could write over the terminal. */
const controls = /\p{Cc}/gu

/** Returns the lines of a table whose columns are as wide as their longest value. */
function tableLines(rows: readonly (readonly unknown[])[]): readonly string[] {
  const texts = rows.map((row) => row.map((value) => String(value ?? '-').replace(controls, '?')))
  const widths = (texts[0] ?? []).map((_, at) =>
    Math.max(...texts.map((row) => (row[at] ?? '').length)),
  )
  return texts.map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
