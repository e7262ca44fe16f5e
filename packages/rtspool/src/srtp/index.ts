export { parseCryptoAttribute } from './crypto-attribute.js'
export { addMki, maxMkiBytes } from './mki.js'
export { SrtpReceiver } from './receiver.js'
export { type SrtpPosition, SrtpSender } from './sender.js'
export { rtcpHeaderBytes, rtcpSsrcOf } from './srtcp-layout.js'
export {
  type MasterKey,
  masterKeyFrom,
  type SrtpSuite,
  type SrtpSuiteName,
  srtpSuites,
} from './suite.js'
