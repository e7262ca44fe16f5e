import { avcConfigurationOf, H264Payloader, h264Fmtp, h264NalTypes } from '../../rtp/index.js'
import type { NalEncoding } from './nal-track.js'

const typeOf = (unit: Buffer): number => (unit[0] ?? 0) & 0x1f

/** Value of `a=fmtp` while no SPS and PPS are known: viewers then find them in the pictures (RFC 6184 section 8.1). */
const fmtpWithoutSets = 'packetization-mode=1'

export const h264: NalEncoding = {
  name: 'H264',
  setsOf: (units) => {
    const configuration = avcConfigurationOf(units)
    return configuration ? [...configuration.sps, ...configuration.pps] : []
  },
  fmtpOf: (sets) => {
    const configuration = avcConfigurationOf(sets)
    return configuration ? h264Fmtp(configuration) : fmtpWithoutSets
  },
  isKey: (unit) => typeOf(unit) === h264NalTypes.idrSlice,
  isPicture: (unit) => typeOf(unit) >= 1 && typeOf(unit) <= h264NalTypes.idrSlice,
  createPayloader: (options) => new H264Payloader(options),
}
