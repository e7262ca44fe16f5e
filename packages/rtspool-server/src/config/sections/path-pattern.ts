import { MountPoints } from 'rtspool'
import { z } from 'zod'

export const patternText = 'a path such as /cam, or /live/* for all paths below'

/** Returns whether a text is a path, or a pattern of paths, to which clients could publish. */
function isPattern(text: string): boolean {
  try {
    new MountPoints().allowPublish(text)
    return !(text.length > 1 && text.endsWith('/'))
  } catch {
    return false
  }
}

/** Creates the schema of a path, or of a pattern that ends in `/*` and matches every path below. */
export const pattern = () => z.string().refine(isPattern, patternText)
