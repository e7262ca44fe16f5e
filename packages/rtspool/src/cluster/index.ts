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
export { type ClusterStoreOptions, clusterStoreDefaults } from './store-options.js'
