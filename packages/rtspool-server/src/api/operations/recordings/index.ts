import type { Operation } from '../../operation.js'
import { exportOperations } from './exports.js'
import { recordingControlOperations } from './recordings.js'

/** Operations on recordings and their files. */
export const recordingOperations: readonly Operation[] = [
  ...recordingControlOperations,
  ...exportOperations,
]
