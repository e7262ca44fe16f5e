import { useEffect, useState } from 'preact/hooks'
import type { Visitor } from '../visitor/visitor.js'
import type { ClusterView } from './cluster-view.js'

/**
 * Hook that returns whether the server is part of a cluster; `false` while that is unknown. Each new connection for
 * events asks again, because the server may have started anew with another configuration.
 */
export function useMembership({ client, events }: Visitor): boolean {
  const [isMember, setIsMember] = useState(false)
  const isOpen = events.isOpen.value
  useEffect(() => {
    if (!isOpen) return
    client.get<Pick<ClusterView, 'state'>>('/v1/cluster').then(
      ({ state }) => setIsMember(state !== 'none'),
      () => {},
    )
  }, [client, isOpen])
  return isMember
}
