import { fileTargets } from './file-targets.js'
import { headerTargets } from './header-targets.js'
import { mediaTargets } from './media-targets.js'
import { sdpTargets } from './sdp-targets.js'
import type { FuzzTarget } from './target.js'
import { uriTargets } from './uri-targets.js'
import { wireTargets } from './wire-targets.js'

/** All parsers of foreign input. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...headerTargets,
  ...uriTargets,
  ...sdpTargets,
  ...mediaTargets,
  ...fileTargets,
  ...wireTargets,
]
