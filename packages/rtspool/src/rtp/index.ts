export { type AacConfiguration, aacFmtp, parseAudioSpecificConfig } from './aac.js'
export { AacPayloader, type AacPayloaderOptions } from './aac-payloader.js'
export {
  type AvcConfiguration,
  h264Fmtp,
  h264NalTypes,
  isH264KeyFrame,
  parseAvcConfiguration,
  profileLevelIdOf,
  splitAnnexB,
  splitLengthPrefixed,
} from './h264.js'
export { H264Payloader } from './h264-payloader.js'
export { isH265KeyFrame, type KeyFrameTest, keyFrameTestOf, packetPasses } from './key-frame.js'
export {
  isValidRtp,
  markerOf,
  payloadEndOf,
  payloadOf,
  payloadOffsetOf,
  payloadTypeOf,
  rtpHeaderBytes,
  sequenceNumberOf,
  ssrcOf,
  timestampOf,
  writeRtpHeader,
} from './packet.js'
export {
  defaultMaxPacketBytes,
  RtpPacketWriter,
  type RtpPacketWriterOptions,
} from './packet-writer.js'
export {
  type ReceptionReportValues,
  ReceptionStatistics,
  type ReceptionStatisticsOptions,
} from './reception-statistics.js'
export {
  ExtendedSequence,
  nextSequenceNumber,
  sequenceDistance,
  timestampDistance,
} from './sequence.js'
