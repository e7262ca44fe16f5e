const units = (...texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'hex'))

/** Parameter sets of x264 and x265, and the pictures that they describe. */
export const parameterSets = {
  /** Constrained Baseline, 320x240. */
  baseline: units('6742c00bda0507ec044000000300400000030283c50aa8', '68ce0fc8'),
  /** The same with another picture parameter set. */
  otherBaseline: units('6742c00bda0507ec044000000300400000030283c50aa8', '68ee0fcb'),
  /** High, 200x120: not a multiple of 16. */
  high: units('6764000bacd943447965c044000003000400000300283c50a658', '68ee0fcb'),
  /** High 4:2:2 with 10 bits, interlaced, 100x50. */
  high422: units('677a0015b6ce874f3c46022000000300200000030143e28554', '68de0fc8'),
  /** H.265 Main, 200x120. */
  hevc: units(
    '40010c01ffff01600000030090000003000003001e959409',
    '42010101600000030090000003000003001ea01a202072cb965654a4c2f016808000000300800000030284',
    '4401c073c189',
  ),
} as const
