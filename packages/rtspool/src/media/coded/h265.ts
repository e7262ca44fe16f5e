import { H265Payloader, h265Fmtp, h265TypeOf, hevcParameterSetsOf } from '../../rtp/index.js'
import type { NalEncoding } from './nal-track.js'

/**
 * First NAL unit type of pictures at which a decoder can begin; the next constant is the last one (H.265 table 7-1).
 */
const firstIrap = 16
const lastIrap = 21
/** First NAL unit type that contains no part of a picture. All lower types do (H.265 table 7-1). */
const firstOtherType = 32

export const h265: NalEncoding = {
  name: 'H265',
  setsOf: (units) => {
    const { vps, sps, pps } = hevcParameterSetsOf(units)
    return sps.length > 0 ? [...vps, ...sps, ...pps] : []
  },
  fmtpOf: (sets) => h265Fmtp(hevcParameterSetsOf(sets)),
  isKey: (unit) => h265TypeOf(unit) >= firstIrap && h265TypeOf(unit) <= lastIrap,
  isPicture: (unit) => h265TypeOf(unit) < firstOtherType,
  createPayloader: (options) => new H265Payloader(options),
}
