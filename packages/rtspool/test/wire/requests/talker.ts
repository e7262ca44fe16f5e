import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { SeededRandom } from '../../rtsp/mutate.js'
import { nextTurn } from '../../support/until.js'
import type { Conversation, Step } from './conversations.js'

/** A frame of a WebSocket client, masked with zeros. */
function webSocketFrame(payload: Buffer): Buffer {
  const size = payload.length
  const length = size < 126 ? [0x80 | size] : [0x80 | 126, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([0x82, ...length, 0, 0, 0, 0]), payload])
}

const wraps = {
  nothing: (bytes: Buffer) => bytes,
  base64: (bytes: Buffer) => Buffer.from(bytes.toString('base64')),
  webSocket: webSocketFrame,
} satisfies Record<Step['wrap'], (bytes: Buffer) => Buffer>

/** Says what is in a conversation, whatever the server thinks of it. */
export class Talker {
  /** All that has come over either connection. */
  received = ''
  readonly #port: number
  readonly #patienceMs: number
  readonly #words: Readonly<Record<string, string>>
  readonly #sockets: (Socket | undefined)[] = []
  #isPatient = true
  #onChange: (() => void) | undefined

  /**
   * @param words - Text in place of the words in braces.
   * @param patienceMs - Time for an answer to arrive; once an answer stays away, the talker waits for no other.
   */
  constructor(port: number, words: Readonly<Record<string, string>>, patienceMs: number) {
    this.#port = port
    this.#patienceMs = patienceMs
    this.#words = words
  }

  /** Status codes of all answers, in order. */
  get statusCodes(): number[] {
    return [...this.received.matchAll(/(?:RTSP|HTTP)\/1\.[01] (\d{3}) /g)].map(([, code]) =>
      Number(code),
    )
  }

  /** @param beforeEach - Called before each step. */
  async say({ steps }: Conversation, beforeEach: () => void): Promise<void> {
    for (const step of steps) {
      beforeEach()
      const socket = await this.#socketOf(step.line)
      if (!socket.writable) continue
      const answers = this.statusCodes.length
      socket.write(wraps[step.wrap](Buffer.from(this.#filledIn(step.wire), 'latin1')))
      if (step.isRequest) await this.#change(() => this.statusCodes.length > answers)
      else await nextTurn()
    }
  }

  /** Goes away: politely, suddenly, or with a reset. */
  async leave(random: SeededRandom): Promise<void> {
    const manner = random.below(3)
    for (const socket of this.#sockets) {
      if (!socket || socket.closed) continue
      const closed = new Promise((resolve) => socket.once('close', resolve))
      if (manner === 0) socket.end(() => socket.destroy())
      else if (manner === 1) socket.destroy()
      else socket.resetAndDestroy()
      await closed
    }
  }

  async #socketOf(line: number): Promise<Socket> {
    const existing = this.#sockets[line]
    if (existing) return existing
    const socket = connect({ port: this.#port, host: '127.0.0.1' })
    this.#sockets[line] = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
      this.#onChange?.()
    })
    socket.on('close', () => this.#onChange?.())
    await once(socket, 'connect')
    return socket
  }

  #filledIn(wire: string): string {
    const sessions = [...this.received.matchAll(/Session: ([^;\r\n]+)/g)]
    const session = sessions.at(-1)?.[1] ?? 'none'
    return wire.replace(/\{(\w+)\}/g, (whole, word) =>
      word === 'session' ? session : (this.#words[word] ?? whole),
    )
  }

  async #change(hasCome: () => boolean): Promise<void> {
    if (!this.#isPatient) return
    await new Promise<void>((resolve) => {
      // biome-ignore lint/style/noRestrictedGlobals: a talker gives up on a server that is silent
      const timer = setTimeout(() => {
        this.#isPatient = false
        resolve()
      }, this.#patienceMs)
      this.#onChange = () => {
        if (!hasCome() && !this.#sockets.some((socket) => socket?.closed)) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#onChange = undefined
  }
}
