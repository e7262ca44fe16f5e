export {
  type LiveConnection,
  LivePlayer,
  type LivePlayerOptions,
  LiveRefusal,
  type LiveState,
  type LiveStatus,
} from './live-player.js'
