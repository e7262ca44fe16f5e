export {
  type LiveConnection,
  LivePlayer,
  type LivePlayerOptions,
  type LiveState,
  type LiveStatus,
} from './live-player.js'
