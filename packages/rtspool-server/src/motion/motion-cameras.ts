import { matchesPath, type RecordingPlan } from '../recording/recording-plan.js'
import type { RecordingService } from '../recording/recording-service.js'
import { loginOf, type PullPlan } from '../sources/pull/pull-plan.js'
import type { SourcePlan, SourceService } from '../sources/source-service.js'
import type { MotionCamera, MotionService } from './motion-service.js'

/** Returns whether the motion before the camera of a path counts for a recording. */
const wantsMotion = ({ when, whenPath, path: recorded }: RecordingPlan, path: string): boolean =>
  when === 'motion' && matchesPath(whenPath ?? recorded, path)

/** Returns the cameras whose motion events recordings need, with their logins. */
export function motionCamerasOf(
  sources: readonly SourcePlan[],
  recordings: readonly RecordingPlan[],
): MotionCamera[] {
  const wanted = sources.filter(({ path }) => recordings.some((each) => wantsMotion(each, path)))
  return wanted.flatMap((plan) => (plan.kind === 'pull' ? cameraOf(plan) : []))
}

function cameraOf(plan: PullPlan): MotionCamera[] {
  if (plan.onvif === undefined) return []
  const { username, password = '' } = loginOf(plan)
  const user = username === undefined ? undefined : { username, password }
  return [{ path: plan.path, url: plan.onvif, user }]
}

/**
 * Keeps the cameras of a service those that the present sources and recordings need.
 *
 * @returns A function that ends all subscriptions, and follows no further change.
 */
export function followMotion(
  motion: MotionService,
  sources: SourceService,
  recordings: RecordingService,
): () => void {
  const follow = (): void => motion.update(motionCamerasOf(sources.plans, recordings.plans))
  sources.on('updated', follow)
  recordings.on('updated', follow)
  return () => {
    sources.off('updated', follow)
    recordings.off('updated', follow)
    void motion.close()
  }
}
