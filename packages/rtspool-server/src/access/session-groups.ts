import { z } from 'zod'

const maxGroups = 8
const maxValueLength = 256

/** Creates the schema for the name of a session group, such as `plan` in `{ plan: 'free' }`. */
export const groupName = () => z.string().regex(/^[A-Za-z][\w-]{0,63}$/)

/**
 * Schema of the groups to which a session belongs, as values by name: `{ plan: 'free' }`. The server can limit the
 * number of sessions with the same value.
 */
export const sessionGroups = z
  .record(groupName(), z.string().min(1).max(maxValueLength))
  .refine((groups) => Object.keys(groups).length <= maxGroups)
