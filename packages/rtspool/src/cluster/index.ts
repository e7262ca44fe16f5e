/// <reference types="node" preserve="true" />

export type * from './cluster-store.js'
export { poolKey } from './cluster-store.js'
export { MemoryStore, type MemoryStoreOptions } from './memory-store.js'
export {
  ClusterMember,
  type ClusterMemberOptions,
  type MemberState,
  type PartitionPolicy,
} from './node/cluster-member.js'
export type { CreditDemand } from './node/leased-credits.js'
export { NodeIdCodec } from './node-id-codec.js'
export type { RedisCommands } from './redis/redis-connection.js'
export { RedisStore, type RedisStoreOptions } from './redis-store.js'
export { type ClusterStoreOptions, clusterStoreDefaults } from './store-options.js'
