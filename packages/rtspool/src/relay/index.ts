/// <reference types="node" preserve="true" />

export { type RelayMedia, type RelayMediaEvents, relayMedia } from './relay-media.js'
export {
  type RelayAwayPolicy,
  type RelayBackoff,
  type RelayOptions,
  type RelaySource,
  type RelaySourceOptions,
  type RelayTransport,
  type RelayUpdate,
  relayDefaults,
} from './relay-options.js'
export type { RelayError, RelayReason, RelayState, RelayStatus } from './relay-status.js'
