import { z } from 'zod'

const decimal = /^\d+(\.\d+)?$/

/** Schema of a number in a query. Text becomes a number only if it is a plain decimal. */
export const queryNumber = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(
    (value) => (typeof value === 'string' && decimal.test(value) ? Number(value) : value),
    schema,
  )

/** Schema of a query parameter with the text `true` or `false`, converted to a boolean. */
export const queryBoolean = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .pipe(z.boolean())

export const publicId = z
  .string()
  .regex(/^[\w-]{22}$/)
  .describe('22 characters')

export const time = z.string().meta({ format: 'date-time' })
export const count = z.number().int().min(0)
export const groups = z.record(z.string(), z.string()).describe('Values of named groups')
export const sessionState = z.enum(['Init', 'Ready', 'Playing', 'Recording'])

/** Maximum number of characters of a text in a query or body. */
export const maxTextLength = 1024
export const text = z.string().min(1).max(maxTextLength)

const maxPage = 1000
const defaultPage = 100

export const pageLimit = queryNumber(z.number().int().min(1).max(maxPage))
  .optional()
  .describe(`Entries of a page, 1 to ${maxPage}. Default: ${defaultPage}`)

export const pageSize = (limit: number | undefined): number => limit ?? defaultPage

export const cursor = z.string().min(1).max(100).optional().describe('`cursor` of the page before')

/** Schema of a cursor with a part for each server of a cluster. */
export const clusterCursor = z
  .string()
  .min(1)
  .max(8192)
  .optional()
  .describe('`cursor` of the page before')

/** Schema of the member with the cursor of the next page, in the response of each operation that lists. */
export const nextCursor = z.string().optional().describe('Absent on the last page')

/** Formats a time for a response, in ISO 8601. */
export const isoTime = (date: Date): string => date.toISOString()
