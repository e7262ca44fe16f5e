import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import { EventStream } from '../../src/api/event-stream.js'
import { json } from './scripted-fetch.js'

const eventText = (id: string, type: string): string =>
  `id: ${id}\ndata: ${JSON.stringify({ id, type, time: '' })}\n\n`

/** Connections of a stream, each with the id after which it continues. */
function streamed(first?: 'next' | 'oldest') {
  const connections: { after: string | null; controller: ReadableStreamDefaultController }[] = []
  const failures: (Response | Error)[] = []
  const send: typeof fetch = async (_path, { headers, signal } = {}) => {
    const failure = failures.shift()
    if (failure instanceof Response) return failure
    if (failure) throw failure
    const after = new Headers(headers).get('last-event-id')
    const body = new ReadableStream({
      start: (controller) => {
        connections.push({ after, controller })
        signal?.addEventListener('abort', () => controller.error(new Error('aborted')))
      },
    })
    return new Response(body)
  }
  const write = (text: string) =>
    connections.at(-1)?.controller.enqueue(new TextEncoder().encode(text))
  const stream = new EventStream(new ApiClient('t', { send }), first)
  return { stream, connections, failures, write }
}

describe('stream of events', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const turn = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

  it('is one connection for all listeners, each with its types', async () => {
    const { stream, connections, write } = streamed()
    const [all, bans]: [string[], string[]] = [[], []]
    const end = stream.subscribe(({ id }) => all.push(id))
    stream.subscribe(({ id }) => bans.push(id), ['banned'])
    await turn()
    write(eventText('1', 'mediaUp') + eventText('2', 'banned'))
    await turn()
    expect([all, bans, stream.isOpen.value]).toEqual([['1', '2'], ['2'], true])
    end()
    write(eventText('3', 'banned'))
    await turn()
    expect([all, bans, connections.length]).toEqual([['1', '2'], ['2', '3'], 1])
    stream.close()
  })

  it('continues after the last event where the connection has broken', async () => {
    const { stream, connections, write } = streamed()
    stream.subscribe(() => {})
    await turn()
    write(eventText('7', 'banned'))
    await turn()
    connections[0]?.controller.error(new Error('broken'))
    await turn()
    expect([stream.isOpen.value, stream.problem.value]).toEqual([
      false,
      'The server does not respond.',
    ])
    await turn(1000)
    expect(connections.map(({ after }) => after)).toEqual([null, '7'])
    expect([stream.isOpen.value, stream.problem.value]).toEqual([true, ''])
    stream.close()
  })

  it('begins with the oldest event where a listener wants the past', async () => {
    const { stream, connections } = streamed('oldest')
    stream.subscribe(() => {})
    await turn()
    expect(connections[0]?.after).toBe('aaaaaaaa.0')
    stream.close()
  })

  it('waits longer after each failure, at most 30 seconds', async () => {
    const { stream, failures } = streamed()
    failures.push(...Array.from({ length: 8 }, () => new TypeError('down')))
    stream.subscribe(() => {})
    await turn(15_000)
    expect(failures.length).toBeGreaterThanOrEqual(3)
    await turn(8 * 30_000)
    expect(failures).toHaveLength(0)
    stream.close()
  })

  it('forgets an id that the server does not accept', async () => {
    const { stream, connections, failures, write } = streamed()
    stream.subscribe(() => {})
    await turn()
    write(eventText('7', 'banned'))
    await turn()
    failures.push(json({ title: 'no id' }, 400))
    connections[0]?.controller.close()
    await turn(5000)
    expect(connections.map(({ after }) => after)).toEqual([null, null])
    stream.close()
  })

  it('opens another connection where one stays silent', async () => {
    const { stream, connections } = streamed()
    stream.subscribe(() => {})
    await turn(39_000)
    expect(connections).toHaveLength(1)
    await turn(3000)
    expect(connections).toHaveLength(2)
    stream.close()
  })

  it('leaves nothing behind after the last listener', async () => {
    const { stream } = streamed()
    const end = stream.subscribe(() => {})
    await turn()
    end()
    await turn()
    expect([stream.isOpen.value, vi.getTimerCount()]).toEqual([false, 0])
  })
})
