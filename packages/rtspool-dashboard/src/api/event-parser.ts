/** An event of the API, as its stream sends it. */
export interface ServerEvent {
  /** Place in the stream. */
  readonly id: string
  readonly type: string
  /** Time in ISO 8601. */
  readonly time: string
  readonly [member: string]: unknown
}

/** Turns the text of a stream of Server-Sent Events into events. */
export class EventParser {
  #rest = ''

  /** @returns Events that are whole with this part of the text. */
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
