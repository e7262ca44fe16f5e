/** Head of a received HTTP response: status and headers. `rest` has the bytes that arrived after the head. */
export interface HttpHead {
  readonly status: number
  readonly startLine: string
  /** Headers by name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly rest: Buffer
}

/**
 * Parses the head of an HTTP response at the start of `bytes`; `undefined` while it is incomplete.
 */
export function readHttpHead(bytes: Buffer): HttpHead | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [startLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(startLine)?.[1] ?? 0)
  return { status, startLine, headers, rest: bytes.subarray(end + 4) }
}
