import { isRecord } from '../../option-checks.js'
import type { SessionListQuery, SessionSummary } from '../../session-pool/index.js'
import type { NodeTag } from '../cluster-store.js'

/** Tag and name of a node of a cluster. @experimental */
export interface ClusterNodeName {
  readonly tag: NodeTag
  /** Name of the node, from its options. */
  readonly name: string | undefined
}

/** A session of a node of a cluster, without secrets. @experimental */
export interface ClusterSession extends SessionSummary {
  /** Node that has the session. */
  readonly node: ClusterNodeName
  /** Bytes that wait on the node for the client to read. */
  readonly queuedBytes: number
}

/** Page of sessions of one node, in the order of a query. */
export interface NodePage {
  readonly node: ClusterNodeName
  readonly sessions: readonly ClusterSession[]
  /** Cursors of the pages that begin behind each of the sessions. */
  readonly cursors: readonly string[]
  /** Cursor of the next page; `undefined` after the last one. */
  readonly cursor: string | undefined
}

/** Cursors of nodes in their own lists, by tag. A node without a cursor begins its list. */
export type NodeCursors = ReadonlyMap<NodeTag, string>

/** Matches the cursor of one node in that of a cluster. */
const cursorPattern = /^([0-9a-f]{8}):([\w.+-]{1,64})$/
/** Character between the cursors of two nodes. */
const separator = '~'

/** Writes the cursors of all nodes as one text, about 20 characters for each node. */
const writeCursors = (cursors: NodeCursors): string =>
  [...cursors].map(([tag, cursor]) => `${tag}:${cursor}`).join(separator)

/** Reads the text of a cursor of a cluster. @throws {RangeError} when the text is no cursor */
export function readCursors(text: string | undefined): NodeCursors {
  const parts = text === undefined ? [] : text.split(separator)
  return new Map(
    parts.map((part) => {
      const [, tag, cursor] = cursorPattern.exec(part) ?? []
      if (tag !== undefined && cursor !== undefined) return [tag, cursor]
      throw new RangeError('That is no cursor of a list of this cluster')
    }),
  )
}

/**
 * Merges the first pages of several nodes to one page in the same order.
 *
 * @param limit - Maximum number of sessions on the page.
 * @param before - Cursors at which the pages of the nodes begin.
 */
export function mergePages(
  pages: readonly NodePage[],
  { sort, order }: SessionListQuery,
  limit: number,
  before: NodeCursors,
): { readonly sessions: readonly ClusterSession[]; readonly cursor: string | undefined } {
  const sign = order === 'ascending' ? 1 : -1
  const heads = pages.map((page) => ({ page, taken: 0 }))
  const sessions: ClusterSession[] = []
  // Further sessions of a node may come before those of the others; its page may even have none.
  const isKnown = ({ page, taken }: (typeof heads)[number]): boolean =>
    taken < page.sessions.length || page.cursor === undefined
  while (sessions.length < limit && heads.every(isKnown)) {
    let first:
      | { readonly head: (typeof heads)[number]; readonly session: ClusterSession }
      | undefined
    for (const head of heads) {
      const session = head.page.sessions[head.taken]
      if (session === undefined) continue
      const isFirst = !first || (figureOf(session, sort) - figureOf(first.session, sort)) * sign < 0
      if (isFirst) first = { head, session }
    }
    if (first === undefined) break
    sessions.push(first.session)
    first.head.taken++
  }
  const cursors = new Map(before)
  for (const { page, taken } of heads) {
    const isWhole = taken === page.sessions.length
    const next = (isWhole ? page.cursor : undefined) ?? page.cursors[taken - 1]
    if (next !== undefined) cursors.set(page.node.tag, next)
  }
  const hasMore = heads.some(({ page, taken }) => taken < page.sessions.length || page.cursor)
  return { sessions, cursor: hasMore ? writeCursors(cursors) : undefined }
}

/** Returns the value by which a list sorts a session, comparable between nodes. Times are those of their wall clocks. */
function figureOf(session: ClusterSession, sort: SessionListQuery['sort']): number {
  const { stats, queuedBytes, createdTime, lastAccessTime } = session
  switch (sort) {
    case 'bytes':
      return stats.bytesIn + stats.bytesOut
    case 'loss':
      return stats.packetsLost / Math.max(1, stats.packetsIn + stats.packetsOut)
    case 'queue':
      return queuedBytes
    case 'idle':
      return -lastAccessTime.getTime()
    default:
      return -createdTime.getTime()
  }
}

/** Reads the page of another node, from JSON. @returns `undefined` if the value is no page */
export function readPage(value: unknown, node: ClusterNodeName): NodePage | undefined {
  if (!isRecord(value) || !isTexts(value.cursors)) return undefined
  const sessions = readSessions(value.sessions, node)
  const { cursors, cursor } = value
  if (sessions?.length !== cursors.length) return undefined
  return { node, sessions, cursors, cursor: typeof cursor === 'string' ? cursor : undefined }
}

/** Reads a list of sessions of another node, from JSON. @returns `undefined` if the value is no such list */
export function readSessions(value: unknown, node: ClusterNodeName): ClusterSession[] | undefined {
  if (!Array.isArray(value)) return undefined
  const sessions = value.map((each) => readSession(each, node))
  return sessions.every((each) => each !== undefined) ? sessions : undefined
}

function readSession(value: unknown, node: ClusterNodeName): ClusterSession | undefined {
  if (!isRecord(value)) return undefined
  const { publicId, paths, stats, queuedBytes } = value
  const createdTime = new Date(String(value.createdTime))
  const lastAccessTime = new Date(String(value.lastAccessTime))
  const hasTimes = !Number.isNaN(createdTime.getTime() + lastAccessTime.getTime())
  if (typeof publicId !== 'string' || !isTexts(paths) || !isRecord(stats)) return undefined
  if (typeof queuedBytes !== 'number' || !hasTimes) return undefined
  return { ...(value as unknown as ClusterSession), node, createdTime, lastAccessTime }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
