const lineEnd = '\r\n'

/** A session description in blocks of lines: the session, then each `m=` line with those below. */
export type SdpBlocks = readonly (readonly string[])[]

/** Splits a description into blocks of lines: the lines of the session, then those of each `m=` section. */
export function blocksOf(sdp: string): string[][] {
  const blocks: string[][] = [[]]
  for (const line of sdp.split(lineEnd)) {
    if (line === '') continue
    if (line.startsWith('m=')) blocks.push([])
    blocks.at(-1)?.push(line)
  }
  return blocks
}

export const textOf = (blocks: SdpBlocks): string =>
  blocks
    .flat()
    .map((line) => line + lineEnd)
    .join('')

/**
 * Changes each line of a session description. `change` returns the new line, a list of lines, or `undefined` for none.
 */
export function mapLines(
  sdp: string,
  change: (line: string) => string | readonly string[] | undefined,
): string {
  return textOf([
    blocksOf(sdp)
      .flat()
      .flatMap((line) => change(line) ?? []),
  ])
}

/** Changes the lines of each `m=` section of a session description, and leaves those of the session. */
export function mapMedia(sdp: string, change: (lines: readonly string[]) => readonly string[]) {
  const [session = [], ...media] = blocksOf(sdp)
  return textOf([session, ...media.map(change)])
}
