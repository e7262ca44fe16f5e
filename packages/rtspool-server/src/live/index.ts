export { LiveEndpoint, type ShareClaims } from './live-endpoint.js'
export { liveSubprotocol } from './live-handshake.js'
export { type LiveOptions, liveDefaults } from './live-options.js'
export {
  type LiveAccess,
  LiveService,
  type LiveServiceOptions,
  type SharePage,
} from './live-service.js'
export type { LiveClaimant, LiveTickets } from './live-tickets.js'
