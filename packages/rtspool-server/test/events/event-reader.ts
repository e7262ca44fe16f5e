import { until } from '../../../rtspool/test/support/until.js'
import type { ApiCall, ApiClient } from '../api/api-client.js'

export interface ReceivedEvent {
  readonly id: string
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it expects
  readonly data: any
}

/** A client of Server-Sent Events, as browsers are. */
export class EventReader {
  readonly events: ReceivedEvent[] = []
  readonly #ends: AbortController
  readonly #ended: Promise<void>

  private constructor(response: Response, ends: AbortController) {
    this.#ends = ends
    this.#ended = this.#read(response)
  }

  static async open(api: ApiClient, call: ApiCall = {}): Promise<EventReader> {
    const ends = new AbortController()
    const response = await api.send('streamEvents', { ...call, signal: ends.signal })
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    return new EventReader(response, ends)
  }

  get types(): string[] {
    return this.events.map(({ type }) => type)
  }

  /** Settles after the last event. */
  get ended(): Promise<void> {
    return this.#ended
  }

  /** Waits for an event of a type. */
  async next(type: string): Promise<ReceivedEvent> {
    await until(() => this.types.includes(type))
    return this.events[this.types.indexOf(type)] as ReceivedEvent
  }

  async close(): Promise<void> {
    this.#ends.abort()
    await this.#ended
  }

  async #read(response: Response): Promise<void> {
    let text = ''
    try {
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString('utf8')
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) this.#note(block)
      }
    } catch {
      // The end of the test.
    }
  }

  #note(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const [name = '', value = ''] = line.split(/: (.*)/s)
        return [name, value] as const
      }),
    )
    const data = fields.get('data')
    if (data === undefined) return
    const { id = '', event: type = '' } = Object.fromEntries(fields)
    this.events.push({ id, type, data: JSON.parse(data) })
  }
}
