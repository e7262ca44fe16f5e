import { z } from 'zod'
import { queryNumber, sessionState, text } from '../../values.js'

const seconds = z.number().min(0)

/** Schema of a group of sessions, written `NAME=VALUE`. The library checks name and value. */
const group = text
  .regex(/^[^=]+=./)
  .transform((named) => {
    const end = named.indexOf('=')
    return { [named.slice(0, end)]: named.slice(end + 1) }
  })
  .optional()
  .describe('Group of the session, written NAME=VALUE')

const filtersWith = <Age extends z.ZodType>(age: Age) => ({
  path: text.optional().describe('Decoded path of a presentation'),
  user: text.optional(),
  address: text.optional().describe('An IPv6 address means its whole /64 network'),
  state: sessionState.optional(),
  group,
  userAgent: text.optional().describe('Text within User-Agent, in any case of letters'),
  minAge: age.optional().describe('Least seconds since the creation'),
  maxAge: age.optional().describe('Most seconds since the creation'),
  like: text.optional().describe('Text within user, address, User-Agent, path or public id'),
})

/** Schemas of the properties by which a request selects sessions, for a JSON body, in which ages are numbers. */
export const sessionFilters = filtersWith(seconds)

/** Schemas of the properties by which a request selects sessions, for a query, in which ages are texts. */
export const sessionQuery = filtersWith(queryNumber(seconds))
