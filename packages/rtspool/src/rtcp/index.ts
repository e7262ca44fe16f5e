export { serializeBye } from './bye.js'
export { type RtcpIntervalOptions, rtcpIntervalMs } from './interval.js'
export {
  type NtpTimestamp,
  ntpFromUnixMs,
  ntpMiddle32,
  unixMsFromNtp,
} from './ntp.js'
export {
  type Bye,
  createSourceDescription,
  type ReceiverReport,
  type ReceptionReport,
  type RtcpPacket,
  rtcpPacketTypes,
  type SenderReport,
  type SourceDescription,
  type SourceDescriptionChunk,
  type SourceDescriptionItem,
  sdesItemTypes,
  type UnknownRtcpPacket,
} from './packet.js'
export { type ParseCompoundOptions, parseCompound } from './parse.js'
export { receiverReport, serializeReceiverReport } from './receiver-report.js'
export { redateSenderReport, serializeSenderReport } from './sender-report.js'
export { serializeCompound } from './serialize.js'
export { serializeSourceDescription } from './source-description.js'
