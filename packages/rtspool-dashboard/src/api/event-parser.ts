/** An event of the server, as the control API sends it in the stream of events. */
export interface ServerEvent {
  /**
   * Id of the event, which contains its position in the stream. A new connection can continue after
   * it.
   */
  readonly id: string
  readonly type: string
  /** Time at which the event happened, in ISO 8601. */
  readonly time: string
  readonly [member: string]: unknown
}

/** Parses the text of a stream of Server-Sent Events, which may arrive in parts of any size. */
export class EventParser {
  #rest = ''

  /**
   * Parses a received part of the text.
   *
   * @returns The events that are complete with this part.
   */
  read(text: string): ServerEvent[] {
    const blocks = (this.#rest + text).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    return blocks.flatMap((block) => {
      const lines = block.split('\n').filter((line) => line.startsWith('data: '))
      const data = lines.map((line) => line.slice('data: '.length)).join('\n')
      return data === '' ? [] : [JSON.parse(data) as ServerEvent]
    })
  }
}
