import { type NodeName, nodeText, whyText } from '../api/session-view.js'

/** Stream that a server pulls from another one of the cluster. */
export interface PullView {
  readonly path: string
  /** Tag of the server from which the stream comes. */
  readonly from: string
  readonly state: string
  /** Bytes of RTP so far. */
  readonly bytes: number
}

/** Facts that a server of a cluster tells of itself. */
export interface NodeReport {
  readonly version: string
  readonly uptimeSeconds: number
  readonly state: string
  readonly isDraining: boolean
  readonly sessions: number
  readonly viewers: number
  readonly publishers: number
  readonly credits: number
  readonly waiting: number
  readonly storeFailures: number
  readonly storeAwaySeconds: number
  readonly joins: number
  /** The first 100 pulls of the server. */
  readonly pulls: readonly PullView[]
  readonly pullCount: number
}

/** A server of a cluster. A server that does not answer has a reason for that in place of a report. */
export interface MapNode extends NodeName {
  readonly state: string
  readonly report?: NodeReport
  readonly why?: string
  /** Store of the cluster, such as `Redis`. */
  readonly store?: string | undefined
}

/** The whole cluster, as the API returns it. */
export interface ClusterView {
  /** State of the server of this page in its cluster; `none` without a cluster. */
  readonly state: string
  readonly tag?: string
  /** Store through which the servers share limits; absent if an older server answers. */
  readonly store?: 'redis' | 'parent'
  readonly nodes: readonly MapNode[]
  readonly streams: readonly { readonly path: string; readonly server: string }[]
}

/** State of a server for the user, and the class of its colour. */
export interface NodeState {
  readonly text: string
  readonly kind: 'good' | 'warn' | 'alarm'
}

const memberTexts: Readonly<Record<string, string>> = {
  joining: 'joining',
  fenced: 'cut off',
  closed: 'has left',
}

/** Returns the state of a server. Of a server that has not answered, only the reason is known. */
export function stateOf({ report, why, state, store }: MapNode): NodeState {
  if (report === undefined) return { text: why ? whyText(why, store) : state, kind: 'alarm' }
  if (report.isDraining) return { text: 'draining', kind: 'warn' }
  const isAway = report.state === 'degraded'
  const text = isAway ? whyText('storeAway', store) : memberTexts[report.state]
  return text === undefined ? { text: 'live', kind: 'good' } : { text, kind: 'warn' }
}

/** Pulls of one server from another one: an arrow of the map. */
export interface Link {
  /** Tag of the server that has the streams. */
  readonly from: string
  /** Tag of the server that pulls them. */
  readonly to: string
  readonly pulls: readonly PullView[]
}

/** Returns the pulls between servers that are in the map, those between the same two together. */
export function linksOf(nodes: readonly MapNode[]): readonly Link[] {
  const known = new Set(nodes.map(({ tag }) => tag))
  return nodes.flatMap(({ tag: to, report }) => {
    const sources = new Map<string, PullView[]>()
    for (const pull of report?.pulls ?? []) {
      sources.set(pull.from, [...(sources.get(pull.from) ?? []), pull])
    }
    const present = [...sources].filter(([from]) => known.has(from))
    return present.map(([from, pulls]) => ({ from, to, pulls }))
  })
}

/** Returns the tag of a server as long as the map has the server; a server that starts anew has another tag. */
export const presentTag = (nodes: readonly MapNode[], tag?: string): string | undefined =>
  nodes.some((node) => node.tag === tag) ? tag : undefined

/** Row of the table of streams: a stream, its server, and one of the servers that pull it. */
export interface StreamRow {
  /** Path and tags of the row: two servers may have one name. */
  readonly key: string
  readonly path: string
  /** Name of the server with the publisher. */
  readonly server: string
  /** Name of the server that pulls the stream, or a text that none does, or that this is unknown. */
  readonly by: string
  readonly pull?: PullView
}

/**
 * Returns each stream once for each server that pulls it, in the order of the paths. A server that has not answered may
 * pull any stream.
 */
export function streamRows({ nodes, streams }: ClusterView): readonly StreamRow[] {
  const names = new Map(nodes.map((node) => [node.tag, nodeText(node)]))
  const nameOf = (tag: string): string => names.get(tag) ?? tag
  const pulled = nodes.flatMap((node) =>
    (node.report?.pulls ?? []).map((pull) => ({
      key: `${pull.path} ${pull.from} ${node.tag}`,
      ...{ path: pull.path, server: nameOf(pull.from), by: nodeText(node), pull },
    })),
  )
  const paths = new Set(pulled.map(({ path }) => path))
  const by = nodes.every(({ report }) => report) ? 'no other server' : 'unknown'
  const others = streams
    .filter(({ path }) => !paths.has(path))
    .map(({ path, server }) => ({ key: path, path, server: nameOf(server), by }))
  return [...pulled, ...others].sort((one, other) => compare(one.path, other.path))
}

/** Returns the servers of a view, each with the name of the store for the user. */
export const nodesOf = ({ nodes, store }: ClusterView): readonly MapNode[] =>
  nodes.map((node) => ({ ...node, store: store && storeNames[store] }))

const storeNames = { redis: 'Redis', parent: 'the parent process' } as const

/** Returns the servers in the order of their names: `node 2` is before `node 10`. */
export const byName = (nodes: readonly MapNode[]): readonly MapNode[] =>
  [...nodes].sort((one, other) => compare(nodeText(one), nodeText(other)))

const { compare } = new Intl.Collator('en', { numeric: true })
