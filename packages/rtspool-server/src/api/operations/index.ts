import type { Operation } from '../operation.js'
import { banOperations } from './bans.js'
import { clusterOperations } from './cluster.js'
import { configOperations } from './config.js'
import { connectionOperations } from './connections.js'
import { documentOperation } from './document.js'
import { eventOperations } from './events.js'
import { historyOperations } from './history.js'
import { kickOperations } from './kicks.js'
import { leaverOperations } from './leavers.js'
import { limitOperations } from './limits.js'
import { liveOperations } from './live.js'
import { loginOperations } from './logins.js'
import { mediaOperations } from './media.js'
import { recordingOperations } from './recordings/index.js'
import { sessionOperations } from './sessions.js'
import { shareOperations } from './shares.js'
import { snapshotOperations } from './snapshots.js'
import { sourceOperations } from './sources/index.js'
import { statusOperations } from './status.js'
import { tokenOperations } from './tokens.js'

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
