import { isNetwork, MountPoints } from 'rtspool'
import { z } from 'zod'

/** Description of a key of the configuration, besides its type, range and default. */
export interface KeyMeta {
  /** Meaning of the key, and of the value 0, on one line without a full stop. */
  readonly description: string
  /** Unit of a number, such as `seconds` or `bytes`. */
  readonly unit?: string
  /** True if a reload can change the key while the server runs. */
  readonly live?: boolean
  /**
   * Option of the command line that sets the key, in the notation of commander, such as `--port
   * <port>`.
   */
  readonly flag?: string
  /** Meaning of {@link flag} on one line, if the option cannot set all that the key can express. */
  readonly flagText?: string
  /** Value that {@link flag} sets, for an option without an argument. */
  readonly flagValue?: unknown
  /** True if {@link flag} may be repeated: each use adds one element to the list. */
  readonly flagRepeats?: boolean
  /** Description of the default, if the default is not a single value. */
  readonly defaultText?: string
  /**
   * Description of the allowed values, as the end of a sentence: `must be …`.
   *
   * @default derived from the type
   */
  readonly expected?: string
  /**
   * True if the value is the path of a file. In a configuration file, such a path is relative to the folder of the
   * configuration file.
   */
  readonly isFile?: boolean
  /** True if the value may contain a password: no message and no response shows the value. */
  readonly isSecret?: boolean
  /** True if the control API cannot change the key, because its value chooses programs to run. */
  readonly isFileOnly?: boolean
  readonly examples?: readonly unknown[]
}

/**
 * Adds a description (unit, option, default and so on) to the schema of a configuration key, and returns the schema.
 */
export const key = <Type extends z.ZodType>(type: Type, meta: KeyMeta): Type =>
  type.meta({ ...meta })

/** Maximum timeout in seconds that every client can read from a `Session` header. */
export const maxTimeout = 2 ** 31 - 1
const maxCounted = 2 ** 32 - 1
const maxPort = 2 ** 16 - 1

/** Creates the schema of a limit on a number of things; 0 = unlimited. */
export const count = () => z.int().min(0).max(maxCounted)
export const seconds = () => z.number().min(0).max(maxTimeout)
export const bytes = () => z.int().min(0).max(Number.MAX_SAFE_INTEGER)
export const port = () => z.int().min(0).max(maxPort)

/** Matches a range of ports such as `20000-20001`. */
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

/**
 * Returns whether a range of ports contains an even port and the next one, as RTP and RTCP need
 * (RFC 3550 section 11).
 */
const hasPair = ([first, last]: readonly [number, number]): boolean => first + (first % 2) < last

export const portRangeText = `two ports from 1 to ${maxPort} as in 20000-20001`

/** Creates the schema of a range of ports that contains an even port and the next one. */
export const portRange = () =>
  z
    .string()
    .refine((text) => portsOf(text) !== undefined, portRangeText)
    .refine((text) => {
      const range = portsOf(text)
      return range === undefined || hasPair(range)
    }, 'a range with an even port and the odd one after it')

/** Creates the schema of the path of a file. */
export const file = () => z.string().min(1)
export const fileText = 'the path of a file'

/** Creates the schema of a host name or address on which the server listens. */
export const host = () => z.string().regex(/^(?:\[[^\s/@\]]+\]|[^\s/@]+)$/)
export const hostText = 'an address or a name'

export const networkText = 'an address or a network, such as 10.0.0.0/8 or fd00::1'

/** Creates the schema of an address, or of a network with the length of its prefix. */
export const network = () =>
  key(z.string().refine(isNetwork, networkText), { description: networkText })

export const patternText = 'a path such as /cam, or /live/* for all paths below'

/** Returns whether clients could publish to the path, or to the pattern of paths, that a text contains. */
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
