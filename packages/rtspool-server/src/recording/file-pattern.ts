import type { TimeZone } from './time-zone.js'

/** Names in braces that a pattern may contain. */
const placeholders = [
  ...['recording', 'path', 'year', 'month', 'day', 'hour', 'minute', 'second', 'zone'],
] as const

export const filePatternText = `names of files such as {path}/{year}-{month}-{day}/{hour}-{minute}-{second}.mp4, with ${placeholders
  .map((name) => `{${name}}`)
  .join(', ')}`

export const defaultFilePattern = '{path}/{year}-{month}-{day}/{hour}-{minute}-{second}{zone}.mp4'

const plainPart = /^(?:[^{}<>:"|?*\\\p{Cc}]|\{(?<name>[a-z]+)\})+$/u
/** Maximum bytes of one part of a path in a name; the rest is cut off. Common file systems allow 255. */
const maxPartBytes = 200
/** Name of the path `/`. */
const rootName = '%2f'

/**
 * Returns whether a text is a pattern of file names: relative, with the ending `.mp4`, and with path and time, so that
 * each segment has a name of its own.
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
  /** Decoded path of the media. */
  readonly path: string
  readonly startMs: number
}

/** Returns the relative name of the file of a segment. */
export function fileNameOf(
  pattern: string,
  { recording, path, startMs }: FileFacts,
  zone: TimeZone,
): string {
  const values: Readonly<Record<string, string>> = {
    ...zone.partsAt(startMs),
    recording: safePart(recording),
    path: path.split('/').filter(Boolean).map(safePart).join('/') || rootName,
  }
  return pattern.replace(/\{([a-z]+)\}/g, (_, name: string) => values[name] ?? '')
}

/**
 * Returns a part of a path as a name that every file system accepts. Different parts have different names, unless these
 * differ only after {@link maxPartBytes}.
 */
function safePart(part: string): string {
  const escaped = part.replace(/[^\p{L}\p{N}_.-]|^\.|\.$/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )
  let name = ''
  for (const character of escaped) {
    if (Buffer.byteLength(name + character) > maxPartBytes) break
    name += character
  }
  return name
}
