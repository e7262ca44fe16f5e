import { z } from 'zod'

/** Facts about a key of the configuration, beside its type, range and default. */
export interface KeyMeta {
  /** Meaning, and the effect of 0, on one line without a full stop. */
  readonly description: string
  /** Unit of a number, such as `seconds` or `bytes`. */
  readonly unit?: string
  /** True if a reload can change the key while the server runs. */
  readonly live?: boolean
  /** Option of the command line in the notation of commander, such as `--port <port>`. */
  readonly flag?: string
  /** Meaning of that option on one line, if the option means less than the key. */
  readonly flagText?: string
  /** Value that an option without an argument stands for. */
  readonly flagValue?: unknown
  /** True if each use of the option adds one element to the list. */
  readonly flagRepeats?: boolean
  /** Describes a default that is not a single value. */
  readonly defaultText?: string
  /** Allowed values in words, after `must be`. @default derived from the type */
  readonly expected?: string
  /** True for the path of a file. In a file of configuration it is relative to the folder of that file. */
  readonly isFile?: boolean
  readonly examples?: readonly unknown[]
}

/** Describes a key of the configuration. */
export const key = <Type extends z.ZodType>(type: Type, meta: KeyMeta): Type =>
  type.meta({ ...meta })

/** Largest timeout in seconds that every client can read from a `Session` header. */
export const maxTimeout = 2 ** 31 - 1
const maxCounted = 2 ** 32 - 1
const maxPort = 2 ** 16 - 1

/** A limit on a number; 0 = unlimited. */
export const count = () => z.int().min(0).max(maxCounted)
export const seconds = () => z.number().min(0).max(maxTimeout)
export const bytes = () => z.int().min(0).max(Number.MAX_SAFE_INTEGER)
export const port = () => z.int().min(0).max(maxPort)

/** Matches `20000-20001`. */
const rangePattern = /^(\d{1,5})-(\d{1,5})$/

/**
 * Parses a range of ports such as `20000-20001`.
 *
 * @returns `undefined` if the text is no such range.
 */
export function portsOf(text: string): readonly [first: number, last: number] | undefined {
  const range = rangePattern.exec(text)
  const [first, last] = [Number(range?.[1]), Number(range?.[2])]
  return first >= 1 && first <= last && last <= maxPort ? [first, last] : undefined
}

/** True if a range holds an even port and the next one (RFC 3550 section 11). */
const hasPair = ([first, last]: readonly [number, number]): boolean => first + (first % 2) < last

export const portRangeText = `two ports from 1 to ${maxPort} as in 20000-20001`

/** A range of ports that holds an even port and the odd one after it. */
export const portRange = () =>
  z
    .string()
    .refine((text) => portsOf(text) !== undefined, portRangeText)
    .refine((text) => {
      const range = portsOf(text)
      return range === undefined || hasPair(range)
    }, 'a range with an even port and the odd one after it')

/** The path of a file. */
export const file = () => z.string().min(1)
export const fileText = 'the path of a file'

/** A name or address to listen on. */
export const host = () => z.string().regex(/^(?:\[[^\s/@\]]+\]|[^\s/@]+)$/)
export const hostText = 'an address or a name'
