import type { MotionService } from '../motion/motion-service.js'
import type { RepeatLimit } from './repeat-limit.js'

/** Logs whether the motion events of cameras arrive, and each motion that begins or ends. */
export function logMotion(motion: MotionService, lines: RepeatLimit): void {
  motion.on('stateChanged', (path, failure) => {
    if (failure === undefined) lines.write('info', 'watching motion', path, { path })
    else lines.write('warn', 'motion events failed', path, { path, why: failure })
  })
  motion.on('changed', (path, isMoving) =>
    lines.write('info', isMoving ? 'motion begins' : 'motion ends', path, { path }),
  )
}
