export {
  type AacConfiguration,
  type AdtsHeader,
  aacFmtp,
  parseAdtsHeader,
  parseAudioSpecificConfig,
} from './aac.js'
export { AacPayloader, type AacPayloaderOptions } from './aac-payloader.js'
export { type Ac3Header, ac3SamplesOf, parseAc3Header } from './ac3.js'
export { Ac3Payloader, type Ac3PayloaderOptions } from './ac3-payloader.js'
export { G711Payloader, type G711PayloaderOptions } from './g711-payloader.js'
export {
  type AvcConfiguration,
  avcConfigurationOf,
  h264Fmtp,
  h264NalTypes,
  parseAvcConfiguration,
  profileLevelIdOf,
} from './h264.js'
export { H264Payloader } from './h264-payloader.js'
export {
  type HevcConfiguration,
  type HevcParameterSets,
  h265Fmtp,
  h265NalTypes,
  h265TypeOf,
  hevcParameterSetsOf,
  parseHevcConfiguration,
} from './h265.js'
export { H265Payloader } from './h265-payloader.js'
export { payloadTestOf } from './key-frame.js'
export { type MpegAudioHeader, mpegAudioClockRate, parseMpegAudioHeader } from './mpeg-audio.js'
export { MpegAudioPayloader } from './mpeg-audio-payloader.js'
export { splitAnnexB, splitLengthPrefixed } from './nal-units.js'
export { type OpusFrames, opusClockRate, opusSamplesOf, splitOpusPacket } from './opus.js'
export { OpusPayloader } from './opus-payloader.js'
export {
  isValidRtp,
  markerOf,
  payloadEndOf,
  payloadOffsetOf,
  payloadTypeOf,
  rewriteRtpHeader,
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
export { type PayloadTest, payloadKinds } from './payload-kinds.js'
export { type PcmFormat, pcmEncodingOf, toNetworkPcm } from './pcm.js'
export { PcmPayloader, type PcmPayloaderOptions } from './pcm-payloader.js'
export {
  type ReceptionReportValues,
  ReceptionStatistics,
  type ReceptionStatisticsOptions,
} from './reception-statistics.js'
export {
  nextSequenceNumber,
  sequenceDistance,
  timestampDistance,
} from './sequence.js'
