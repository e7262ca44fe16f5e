import { h264NalTypes } from './h264.js'
import { h265NalTypes, h265TypeOf } from './h265.js'

/** Parameter sets of a session description, a file or an earlier key frame, for key frames that contain none. */
export interface ParameterSets {
  /** Parameter sets as NAL units, in the order in which a decoder needs them. */
  readonly units: readonly Buffer[]
  /** Returns whether a NAL unit is a sequence parameter set. */
  isSequenceSet(unit: Uint8Array): boolean
  /** Returns whether a NAL unit is an access unit delimiter, which comes before all others. */
  isDelimiter(unit: Uint8Array): boolean
}

/** Maximum number of parameter sets that are read from one `a=fmtp`: more than any encoder has. */
const maxSets = 64
const h264Delimiter = 9
const h264TypeOf = (unit: Uint8Array): number => (unit[0] ?? 0) & 0x1f

/**
 * Reads the parameter sets of an `a=fmtp` value: `sprop-parameter-sets` (RFC 6184 section 8.1), or
 * `sprop-vps`, `sprop-sps` and `sprop-pps` (RFC 7798 section 7.1).
 *
 * @returns `undefined` if the value has no sequence parameter set, or not all kinds of H.265. Never throws.
 */
export function describedParameterSets(
  encoding: 'H264' | 'H265',
  fmtp: string,
): ParameterSets | undefined {
  const isH264 = encoding === 'H264'
  const names = isH264 ? ['sprop-parameter-sets'] : ['sprop-vps', 'sprop-sps', 'sprop-pps']
  const sets = names.map((name) => unitsOf(fmtp, name))
  // Some cameras describe only some of the three. The stream then has all of them.
  if (sets.some((found) => found.length === 0)) return undefined
  const units = sets.flat().slice(0, maxSets)
  return parameterSetsOf(encoding, units)
}

/** Returns parameter sets for {@link withParameterSets}; `undefined` without a sequence parameter set. */
export function parameterSetsOf(
  encoding: 'H264' | 'H265',
  units: readonly Buffer[],
): ParameterSets | undefined {
  const isH264 = encoding === 'H264'
  const isSequenceSet = (unit: Uint8Array): boolean =>
    isH264 ? h264TypeOf(unit) === h264NalTypes.sps : h265TypeOf(unit) === h265NalTypes.sps
  if (!units.some(isSequenceSet)) return undefined
  return {
    units,
    isSequenceSet,
    isDelimiter: (unit) =>
      isH264
        ? h264TypeOf(unit) === h264Delimiter
        : h265TypeOf(unit) === h265NalTypes.accessUnitDelimiter,
  }
}

/**
 * Inserts the parameter sets of a description at the beginning of an access unit, after its delimiter. Returns the
 * same array if the unit contains a sequence parameter set.
 */
export function withParameterSets(
  parts: readonly Buffer[],
  { units, isSequenceSet, isDelimiter }: ParameterSets,
): readonly Buffer[] {
  const [first] = parts
  if (first === undefined || parts.some(isSequenceSet)) return parts
  const start = isDelimiter(first) ? 1 : 0
  return [...parts.slice(0, start), ...units, ...parts.slice(start)]
}

/**
 * Decodes a parameter of `a=fmtp`: a list of NAL units in base64, separated by commas (RFC 6184).
 */
function unitsOf(fmtp: string, name: string): Buffer[] {
  for (const parameter of fmtp.split(';')) {
    const equals = parameter.indexOf('=')
    if (parameter.slice(0, Math.max(0, equals)).trim().toLowerCase() !== name) continue
    const texts = parameter.slice(equals + 1).split(',', maxSets)
    return texts
      .map((text) => withoutStartCode(Buffer.from(text, 'base64')))
      .filter((unit) => unit.length > 1)
  }
  return []
}

/**
 * Removes a start code of Annex B in front of a parameter set, where some cameras (Revotech) put
 * it.
 */
function withoutStartCode(unit: Buffer): Buffer {
  let zeros = 0
  while (unit[zeros] === 0) zeros++
  return zeros >= 2 && unit[zeros] === 1 ? unit.subarray(zeros + 1) : unit
}
