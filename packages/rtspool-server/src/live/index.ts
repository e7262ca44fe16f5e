export { LiveEndpoint, liveSubprotocol } from './live-endpoint.js'
export { type LiveOptions, liveDefaults } from './live-options.js'
export { type LiveAccess, LiveService, type LiveServiceOptions } from './live-service.js'
export type { LiveClaimant, LiveTickets } from './live-tickets.js'
