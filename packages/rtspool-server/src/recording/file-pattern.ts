import type { TimeZone } from './time-zone.js'

/** Names that a pattern of file names may contain in braces, such as `{path}`. Each stands for a fact of the file. */
const placeholders = [
  ...['recording', 'path', 'year', 'month', 'day', 'hour', 'minute', 'second', 'zone'],
] as const

export const filePatternText = `names of files such as {path}/{year}-{month}-{day}/{hour}-{minute}-{second}.mp4, with ${placeholders
  .map((name) => `{${name}}`)
  .join(', ')}`

export const defaultFilePattern = '{path}/{year}-{month}-{day}/{hour}-{minute}-{second}{zone}.mp4'

const plainPart = /^(?:[^{}<>:"|?*\\\p{Cc}]|\{(?<name>[a-z]+)\})+$/u
/** Maximum bytes (UTF-8) of one element of a media's path in a file name; the rest is cut off. */
const maxPartBytes = 200
/** Maximum bytes (UTF-8) of a file or folder name. Common file systems allow 255, and a number may follow the name. */
const maxNameBytes = 245
/** Text in file names for the media path `/`, which has no elements. */
const rootName = '%2f'

/**
 * Returns whether a text is a pattern of file names: relative, with path and time, and with the ending `.mp4`. Each
 * segment then has a name of its own.
 */
export function isFilePattern(text: string): boolean {
  const names = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? '')
  const isKnown = names.every((name) => (placeholders as readonly string[]).includes(name))
  const isNamed = ['path', 'day', 'hour', 'minute', 'second'].every((name) => names.includes(name))
  const areParts = text
    .split('/')
    .every((part) => plainPart.test(part) && part !== '.' && part !== '..')
  return isKnown && isNamed && areParts && text.endsWith('.mp4') && !text.endsWith('/.mp4')
}

/** Facts from which the name of a file is made. */
export interface FileFacts {
  readonly recording: string
  /** Decoded path of the recorded media. */
  readonly path: string
  readonly startMs: number
}

/**
 * Returns the name of the file of a segment, relative to the folder of the recording, with `/` between its elements.
 */
export function fileNameOf(pattern: string, facts: FileFacts, zone: TimeZone): string {
  const name = nameWith(pattern, facts, zone, maxPartBytes)
  const longest = Math.max(...name.split('/').map((part) => Buffer.byteLength(part)))
  if (longest <= maxNameBytes) return name
  return nameWith(pattern, facts, zone, maxPartBytes - (longest - maxNameBytes))
}

function nameWith(
  pattern: string,
  { recording, path, startMs }: FileFacts,
  zone: TimeZone,
  maxBytes: number,
): string {
  const values: Readonly<Record<string, string>> = {
    ...zone.partsAt(startMs),
    recording: safePart(recording, maxBytes),
    path: pathParts(path, maxBytes) || rootName,
  }
  return pattern.replace(/\{([a-z]+)\}/g, (_, name: string) => values[name] ?? '')
}

const pathParts = (path: string, maxBytes: number): string =>
  path
    .split('/')
    .filter(Boolean)
    .map((part) => safePart(part, maxBytes))
    .join('/')

/**
 * Returns an element of a media's path as a name that every file system accepts, with other characters as `%` and
 * hexadecimal digits. Different elements have different names, unless these differ only after `maxBytes`.
 */
function safePart(part: string, maxBytes: number): string {
  const escaped = part.replace(/[^\p{L}\p{N}_.-]|^\.|\.$/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )
  let name = ''
  for (const character of escaped) {
    if (Buffer.byteLength(name + character) > maxBytes) break
    name += character
  }
  return name
}
