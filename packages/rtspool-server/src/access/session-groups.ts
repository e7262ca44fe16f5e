import { z } from 'zod'

const maxGroups = 8
const maxValueLength = 256

/** Creates the schema of a group's name. */
export const groupName = () => z.string().regex(/^[A-Za-z][\w-]{0,63}$/)

/** Schema of the groups of a session, such as `{ plan: 'free' }`. */
export const sessionGroups = z
  .record(groupName(), z.string().min(1).max(maxValueLength))
  .refine((groups) => Object.keys(groups).length <= maxGroups)
