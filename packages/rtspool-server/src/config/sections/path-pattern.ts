import { MountPoints } from 'rtspool'
import { z } from 'zod'

export const patternText = 'a path such as /cam, or /live/* for all paths below'

/** True if clients could publish to such a path. */
function isPattern(text: string): boolean {
  try {
    new MountPoints().allowPublish(text)
    return !(text.length > 1 && text.endsWith('/'))
  } catch {
    return false
  }
}

/** A path, or a path that ends in `/*`, which matches everything below. */
export const pattern = () => z.string().refine(isPattern, patternText)
