/** A received RTSP response, with functions for conformance tests to examine its status and headers. */
export class Answer {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** Headers in the order in which they arrived, names as the server spelt them. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Number of interleaved frames that arrived on the same connection before this response. */
  readonly framesBefore: number

  constructor(
    startLine: string,
    headers: readonly (readonly [string, string])[],
    body: Buffer,
    framesBefore: number,
  ) {
    const [, version = '', status = '', reason = ''] =
      /^(RTSP\/\d+\.\d+) (\d{3})(?: (.*))?$/.exec(startLine) ?? []
    this.version = version
    this.status = Number(status)
    this.reason = reason
    this.headers = headers
    this.body = body
    this.framesBefore = framesBefore
  }

  /** Returns the value of the first header with this name in any case; `undefined` without one. */
  header(name: string): string | undefined {
    return this.all(name)[0]
  }

  /** Returns the values of all headers with this name in any case, in the order in which they arrived. */
  all(name: string): string[] {
    const wanted = name.toLowerCase()
    return this.headers.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value)
  }

  /** Session id in the Session header; `undefined` without the header. */
  get sessionId(): string | undefined {
    return this.header('Session')?.split(';', 1)[0]?.trim()
  }

  /** Timeout in the Session header, in seconds; 60, the default of RTSP, if the header states none. */
  get sessionTimeout(): number {
    const stated = /;\s*timeout\s*=\s*(\d+)/i.exec(this.header('Session') ?? '')
    return stated ? Number(stated[1]) : 60
  }

  /** Returns the elements of a header that contains a list, such as the methods in Public or Allow. */
  list(name: string): string[] {
    return this.all(name)
      .flatMap((value) => value.split(','))
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  /** Formats the status of the response for a report: `454 Session Not Found`. */
  toString(): string {
    return `${this.status} ${this.reason}`.trim()
  }
}
