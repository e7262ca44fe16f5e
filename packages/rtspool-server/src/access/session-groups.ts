import { z } from 'zod'

const maxGroups = 8
const maxValueLength = 256

/** Creates the schema of the name of a group: `plan` in `{ plan: 'free' }`. */
export const groupName = () => z.string().regex(/^[A-Za-z][\w-]{0,63}$/)

/** Schema of the groups of a session, such as `{ plan: 'free' }`. A group may have a limit. */
export const sessionGroups = z
  .record(groupName(), z.string().min(1).max(maxValueLength))
  .refine((groups) => Object.keys(groups).length <= maxGroups)
