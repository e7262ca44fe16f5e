import { isDeepStrictEqual } from 'node:util'
import { RtspError } from '../../src/errors.js'
import { trimLinearSpace } from '../../src/rtsp/grammar.js'
import { decodeLine } from '../../src/rtsp/line-text.js'
import type { Tags } from '../support/tagged-cases.js'

/** A parser of input from peers, and the checks that hold for any input. */
export interface FuzzTarget {
  /** Folder of the target's inputs in test/corpus. */
  readonly name: string
  /** Rows of the list of threats, or of the standards, that the target covers. */
  readonly tags: Tags
  /** Format of the corpus files. */
  readonly format: 'txt' | 'hex'
  /** Inputs in addition to the corpus. */
  readonly seeds: readonly Buffer[]
  /**
   * Parses an input and checks the result.
   *
   * @returns Whether the input was valid.
   * @throws The fault of the parser.
   */
  readonly check: (input: Buffer) => boolean
}

/** Definition of a target. */
export interface FuzzTargetInit<Value> {
  readonly name: string
  readonly tags: Tags
  /** Format of the corpus files. @default 'hex' */
  readonly format?: 'txt' | 'hex'
  readonly seeds?: readonly Buffer[]
  /** Parses an input; `undefined`, or an error of the library, is a refusal. */
  readonly read: (input: Buffer) => Value | undefined
  /** Writes a value with the same meaning; `undefined` for a value that cannot be written. */
  readonly write?: (value: Value) => Buffer | undefined
  /** `true` if writing loses details, but a written value stays the same. @default false */
  readonly isRounded?: boolean
  /** `true` for files of the user, which are refused with a RangeError. @default false */
  readonly refusesWithRangeError?: boolean
}

const maxMessageLength = 500

/** Checks that an error is safe in logs. */
function checkError(error: RtspError | RangeError): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (error.message.length > maxMessageLength || /[\0-\x1f\x7f]/.test(error.message)) {
    throw new Error(
      `the message of an error is not fit for a log: ${JSON.stringify(error.message)}`,
    )
  }
}

/** Counts the leaves of a value, including characters and bytes. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (value instanceof Uint8Array) return value.length
  if (value instanceof Map) return sizeOf([...value])
  if (typeof value !== 'object' || value === null) return 1
  let size = 1
  for (const part of Object.values(value)) size += sizeOf(part)
  return size
}

const isBounded = (value: unknown, input: Buffer): boolean =>
  sizeOf(value) <= 32 * input.length + 512

function readOrRefuse<Value>(init: FuzzTargetInit<Value>, input: Buffer): Value | undefined {
  try {
    return init.read(input)
  } catch (error) {
    const isRefusal =
      error instanceof RtspError || (init.refusesWithRangeError && error instanceof RangeError)
    if (!isRefusal) throw error
    checkError(error)
    return undefined
  }
}

/**
 * Creates a target whose parser refuses with errors of the library, and whose values can be written
 * and read again.
 */
export function fuzzTarget<Value>(init: FuzzTargetInit<Value>): FuzzTarget {
  const { name, tags, format = 'hex', seeds = [], write, isRounded = false } = init
  const check = (input: Buffer): boolean => {
    const value = readOrRefuse(init, input)
    if (value === undefined) return false
    if (!isBounded(value, input)) throw new Error('what came of it is out of proportion')
    const written = write?.(value)
    if (!write || !written) return true
    const again = init.read(written)
    const isSame = isRounded
      ? again !== undefined && write(again)?.equals(written)
      : isDeepStrictEqual(again, value)
    if (!isSame) throw new Error(`means something else when it is written: ${written}`)
    return true
  }
  return { name, tags, format, seeds, check }
}

/** Definition of a target whose input is the value of a header, or another line of text. */
export interface TextTargetInit<Value>
  extends Omit<FuzzTargetInit<Value>, 'read' | 'write' | 'seeds' | 'format'> {
  readonly seeds?: readonly { readonly wire: string }[]
  readonly read: (text: string) => Value | undefined
  readonly write?: (value: Value) => string | undefined
}

/** Returns a line as the parser of messages delivers it; `undefined` if it delivers none. */
function lineOf(input: Buffer): string | undefined {
  const end = input.at(-1) === 0x0a ? input.length - 1 : input.length
  const text = decodeLine(input, 0, end, true)
  return typeof text === 'string' ? trimLinearSpace(text) : undefined
}

export function textTarget<Value>(init: TextTargetInit<Value>): FuzzTarget {
  const { seeds = [], read, write, ...rest } = init
  return fuzzTarget<Value>({
    ...rest,
    format: 'txt',
    seeds: seeds.map(({ wire }) => Buffer.from(wire)),
    read: (input) => {
      const text = lineOf(input)
      return text === undefined ? undefined : read(text)
    },
    ...(write && {
      write: (value: Value) => {
        const text = write(value)
        return text === undefined ? undefined : Buffer.from(text)
      },
    }),
  })
}
