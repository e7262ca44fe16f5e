import type { ApiClient } from '../api/api-client.js'
import { type NodeName, nodeText, whyText } from '../api/session-view.js'

/** Answer of the API to a change of limits of all servers. */
interface LimitsAnswer {
  readonly nodes: readonly (NodeName & {
    readonly isChanged: boolean
    readonly refusal?: string
  })[]
  readonly unheard?: readonly (NodeName & { readonly why: string })[]
}

/** Answer of one server to a change of its limits, for the user. */
export interface LimitRow {
  readonly tag: string
  readonly server: string
  readonly text: string
  /** Class of the colour of the text. */
  readonly kind: 'good' | 'alarm'
}

/**
 * Changes one limit of all servers of the cluster, until each of them restarts.
 *
 * @returns A row for each server. Of one that has not answered, only the reason is known.
 * @throws {ApiError}
 */
export async function changeClusterLimit(
  client: ApiClient,
  name: string,
  value: number,
): Promise<readonly LimitRow[]> {
  const body = { limits: { [name]: value } }
  const { nodes, unheard = [] } = await client.patch<LimitsAnswer>('/v1/cluster/limits', body)
  const answers = nodes.map(({ isChanged, refusal, ...node }): LimitRow => {
    const text = isChanged ? 'changed' : `refused: ${refusal}`
    return { tag: node.tag, server: nodeText(node), text, kind: isChanged ? 'good' : 'alarm' }
  })
  const silent = unheard.map(({ why, ...node }): LimitRow => {
    const text = `unknown: ${whyText(why)}`
    return { tag: node.tag, server: nodeText(node), text, kind: 'alarm' }
  })
  return [...answers, ...silent]
}
