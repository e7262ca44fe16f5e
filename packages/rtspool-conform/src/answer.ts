/** A response as it came, for rows to look at. */
export class Answer {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** In the order of the wire, names as they were spelt. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** How many interleaved frames had come on the connection before this answer. */
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

  /** The value of the first header of this name, in any spelling. */
  header(name: string): string | undefined {
    return this.all(name)[0]
  }

  /** The values of all headers of this name. */
  all(name: string): string[] {
    const wanted = name.toLowerCase()
    return this.headers.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value)
  }

  /** The id in the Session header, without its parameters. */
  get sessionId(): string | undefined {
    return this.header('Session')?.split(';', 1)[0]?.trim()
  }

  /** The timeout that the Session header states, in seconds; 60 where it states none. */
  get sessionTimeout(): number {
    const stated = /;\s*timeout\s*=\s*(\d+)/i.exec(this.header('Session') ?? '')
    return stated ? Number(stated[1]) : 60
  }

  /** The methods of a list header (Public, Allow). */
  list(name: string): string[] {
    return this.all(name)
      .flatMap((value) => value.split(','))
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  /** As a report shows it: `454 Session Not Found`. */
  toString(): string {
    return `${this.status} ${this.reason}`.trim()
  }
}
