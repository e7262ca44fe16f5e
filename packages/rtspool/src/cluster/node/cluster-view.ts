import { isRecord } from '../../option-checks.js'
import type { ClusterNodeRow, ClusterStore } from '../cluster-store.js'

/** A node of a cluster, as the store knows it. @experimental */
export interface ClusterNodeInfo extends Omit<ClusterNodeRow, 'info'> {
  /** Name of the node, from its options. */
  readonly name: string | undefined
  /** Address of the node, from its options. */
  readonly address: string | undefined
  /**
   * Version of the requests between nodes, from 1. Nodes of version 1, which do not tell, send and accept tokens that can
   * be repeated.
   */
  readonly protocol: number
}

/** Returns all nodes of a cluster in the order of their tags, with what they tell of themselves. */
export async function listNodes(store: Pick<ClusterStore, 'nodes'>): Promise<ClusterNodeInfo[]> {
  const rows = await store.nodes()
  return rows.map(({ info, ...row }) => ({ ...row, ...readInfo(info) }))
}

/** Reads the description of a node. Another program may have written it. */
export function readInfo(info: string): Omit<ClusterNodeInfo, keyof ClusterNodeRow> {
  let given: unknown
  try {
    given = JSON.parse(info)
  } catch {
    given = undefined
  }
  const { name, address, protocol } = isRecord(given) ? given : {}
  return {
    ...{ name: textOf(name), address: textOf(address) },
    protocol: typeof protocol === 'number' ? protocol : 1,
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined
