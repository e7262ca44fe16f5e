/// <reference types="node" preserve="true" />

export type {
  ClusterLimitChange,
  ClusterLimits,
  ClusterLimitTerms,
  ClusterLimitValues,
  LimitChanger,
  NodeLimitChange,
} from './cluster-limits.js'
export { ClusterNode } from './cluster-node.js'
export { type ClusterNodeOptions, clusterNodeDefaults } from './cluster-node-options.js'
export type * from './cluster-node-state.js'
export type { ClusterReport, ClusterReportList, ClusterReports } from './cluster-reports.js'
export type * from './cluster-store.js'
export { poolKey } from './cluster-store.js'
export { MemoryStore, type MemoryStoreOptions } from './memory-store.js'
export type {
  ClusterAnswer,
  ClusterKick,
  ClusterKickOptions,
  ClusterSessionCount,
  ClusterSessionPage,
  UnheardNode,
} from './node/cluster-answers.js'
export {
  ClusterMember,
  type ClusterMemberOptions,
  type MemberState,
  type PartitionPolicy,
} from './node/cluster-member.js'
export type { ClusterPeers, PeerRequest, PeerRoute } from './node/cluster-peers.js'
export type { ClusterSessions } from './node/cluster-sessions.js'
export type {
  AnnounceTerms,
  ClusterStreams,
  ClusterStreamsEvents,
} from './node/cluster-streams.js'
export type { ClusterNodeInfo } from './node/cluster-view.js'
export type { CreditDemand } from './node/leased-credits.js'
export type { ClusterPoolParts } from './node/pool-options.js'
export { type DirectorySession, unpackSession } from './node/session-feed.js'
export type { ClusterNodeName, ClusterSession } from './node/session-pages.js'
export type { ClusterStream } from './node/stream-view.js'
export { NodeIdCodec } from './node-id-codec.js'
export type { IoredisCommands, RedisCommands } from './redis/redis-connection.js'
export { type OpenedRedisStore, type OpenRedisOptions, openRedisStore } from './redis-client.js'
export { RedisStore, type RedisStoreOptions } from './redis-store.js'
export type { RelayedRequest } from './relayed-requests.js'
export { type ClusterStoreOptions, clusterStoreDefaults } from './store-options.js'
