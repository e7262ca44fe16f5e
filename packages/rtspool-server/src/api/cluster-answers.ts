import type { ClusterAnswer, ClusterNodeName } from 'rtspool/cluster'
import { z } from 'zod'

/** Schema of the server of a cluster that has a session. */
export const nodeName = z
  .object({ tag: z.string(), name: z.string().optional() })
  .describe('Server of the cluster that has the session; absent without a cluster')

/** Schema of the reason why a server of the cluster has not answered. */
export const unheardReason = z.enum(['storeAway', 'suspect', 'silent', 'failed'])

/** Schema of the servers that an answer lacks. */
export const unheardNodes = z
  .array(
    z.object({
      tag: z.string(),
      name: z.string().optional(),
      why: unheardReason,
    }),
  )
  .optional()
  .describe('Servers of the cluster whose sessions are missing; absent without a cluster')

export const nodeView = ({ tag, name }: ClusterNodeName): z.output<typeof nodeName> => ({
  tag,
  name,
})

export const unheardView = ({ unheard }: ClusterAnswer): z.output<typeof unheardNodes> =>
  unheard.map(({ tag, name, why }) => ({ tag, name, why }))

/** Returns the end of a sentence that names the servers which an answer lacks; empty if it lacks none. */
export const unheardText = ({ unheard }: ClusterAnswer): string =>
  unheard.length === 0
    ? ''
    : `; not heard: ${unheard.map(({ tag, name, why }) => `${name ?? tag} (${why})`).join(', ')}`
