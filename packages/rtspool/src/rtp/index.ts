export {
  type AacConfiguration,
  type AdtsHeader,
  aacFmtp,
  parseAdtsHeader,
  parseAudioSpecificConfig,
} from './codec/aac.js'
export { type Ac3Header, ac3SamplesOf, parseAc3Header } from './codec/ac3.js'
export { AdtsSplitter } from './codec/adts-splitter.js'
export { AnnexBSplitter } from './codec/annex-b-splitter.js'
export { av1ObuTypes, leb128, splitAv1TemporalUnit } from './codec/av1.js'
export {
  type AvcConfiguration,
  avcConfigurationOf,
  h264Fmtp,
  h264NalTypes,
  parseAvcConfiguration,
  profileLevelIdOf,
} from './codec/h264.js'
export {
  type HevcConfiguration,
  type HevcParameterSets,
  h265Fmtp,
  h265NalTypes,
  h265TypeOf,
  hevcParameterSetsOf,
  parseHevcConfiguration,
} from './codec/h265.js'
export { type JpegPicture, parseJpeg } from './codec/jpeg.js'
export { JpegSplitter } from './codec/jpeg-splitter.js'
export { payloadTestOf } from './codec/key-frame.js'
export {
  type MpegAudioHeader,
  mpegAudioClockRate,
  parseMpegAudioHeader,
} from './codec/mpeg-audio.js'
export { joinAnnexB, splitAnnexB, splitLengthPrefixed } from './codec/nal-units.js'
export { type OpusFrames, opusClockRate, opusSamplesOf, splitOpusPacket } from './codec/opus.js'
export {
  describedParameterSets,
  type ParameterSets,
  parameterSetsOf,
  withParameterSets,
} from './codec/parameter-sets.js'
export { type PcmFormat, pcmEncodingOf, toNetworkPcm } from './codec/pcm.js'
export type { UnitSplitter } from './codec/unit-splitter.js'
export { isVp8KeyFrame, isVp9KeyFrame } from './codec/video-kinds.js'
export {
  createDepacketizer,
  createPassingDepacketizer,
  type PayloadFormat,
} from './depacketizer/create-depacketizer.js'
export type { Depacketizer, RtpUnit } from './depacketizer/depacketizer.js'
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
export { type PayloadTest, payloadKinds } from './payload-kinds.js'
export { AacPayloader, type AacPayloaderOptions } from './payloader/aac.js'
export { Ac3Payloader, type Ac3PayloaderOptions } from './payloader/ac3.js'
export { Av1Payloader } from './payloader/av1.js'
export { G711Payloader, type G711PayloaderOptions } from './payloader/g711.js'
export { H264Payloader } from './payloader/h264.js'
export { H265Payloader } from './payloader/h265.js'
export { JpegPayloader } from './payloader/jpeg.js'
export { MpegAudioPayloader } from './payloader/mpeg-audio.js'
export { OpusPayloader } from './payloader/opus.js'
export {
  defaultMaxPacketBytes,
  RtpPacketWriter,
  type RtpPacketWriterOptions,
} from './payloader/packet-writer.js'
export { PcmPayloader, type PcmPayloaderOptions } from './payloader/pcm.js'
export { Vp8Payloader } from './payloader/vp8.js'
export { Vp9Payloader } from './payloader/vp9.js'
export {
  type ReceptionReportValues,
  ReceptionStatistics,
  type ReceptionStatisticsOptions,
} from './reception-statistics.js'
export {
  parseReplayExtension,
  type ReplayExtension,
  replayExtensionBytes,
  withReplayExtension,
} from './replay-extension.js'
export {
  nextSequenceNumber,
  sequenceDistance,
  timestampDistance,
} from './sequence.js'
