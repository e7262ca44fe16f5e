import type { Operation } from './operation.js'
import { banOperations } from './operations/bans.js'
import { clusterOperations } from './operations/cluster.js'
import { configOperations } from './operations/config.js'
import { connectionOperations } from './operations/connections.js'
import { documentOperation } from './operations/document.js'
import { eventOperations } from './operations/events.js'
import { historyOperations } from './operations/history.js'
import { kickOperations } from './operations/kicks.js'
import { leaverOperations } from './operations/leavers.js'
import { limitOperations } from './operations/limits.js'
import { liveOperations } from './operations/live.js'
import { loginOperations } from './operations/logins.js'
import { mediaOperations } from './operations/media.js'
import { recordingOperations } from './operations/recordings/index.js'
import { sessionOperations } from './operations/sessions.js'
import { shareOperations } from './operations/shares.js'
import { snapshotOperations } from './operations/snapshots.js'
import { sourceOperations } from './operations/sources/index.js'
import { statusOperations } from './operations/status.js'
import { tokenOperations } from './operations/tokens.js'

const described: readonly Operation[] = [
  ...statusOperations,
  ...historyOperations,
  ...clusterOperations,
  ...sessionOperations,
  ...kickOperations,
  ...leaverOperations,
  ...banOperations,
  ...connectionOperations,
  ...mediaOperations,
  ...snapshotOperations,
  ...liveOperations,
  ...recordingOperations,
  ...sourceOperations,
  ...shareOperations,
  ...limitOperations,
  ...configOperations,
  ...eventOperations,
  ...loginOperations,
  ...tokenOperations,
]

/** All operations of the API, in the order of its document. */
export const operations: readonly Operation[] = [...described, documentOperation(described)]
