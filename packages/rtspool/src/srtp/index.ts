export { SrtpReceiver } from './receiver.js'
export { SrtpSender } from './sender.js'
export {
  type MasterKey,
  masterKeyFrom,
  type SrtpSuite,
  type SrtpSuiteName,
  srtpSuites,
} from './suite.js'
