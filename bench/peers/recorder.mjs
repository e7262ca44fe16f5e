// The floor of recording in Node: a TCP server that copies the reads of each publisher into blocks of memory, and appends
// them to a file of the publisher with one call a second. Requests are answered with bytes that lie ready. Nothing is
// parsed, so that the files hold the packets with their headers, 2 % more bytes than a recording.
// Usage: node recorder.mjs FOLDER. Prints {"event":"listening","port":N}; ends on SIGTERM.
import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { answer } from './canned-answers.mjs'

const blockBytes = 32 * 1024
const fragmentMs = 1000
const [folder = '.'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const freeBlocks = []
let files = 0

/** File of one publisher, with the bytes that wait to be written. */
class Recording {
  #blocks = []
  #usedBytes = blockBytes
  #file = open(join(folder, `${files++}.bin`), 'w')
  #isWriting = false
  #begunMs = performance.now()

  add(chunk) {
    for (let copied = 0; copied < chunk.length; ) {
      if (this.#usedBytes === blockBytes) {
        this.#blocks.push(freeBlocks.pop() ?? Buffer.allocUnsafeSlow(blockBytes))
        this.#usedBytes = 0
      }
      const count = chunk.copy(this.#blocks.at(-1), this.#usedBytes, copied)
      this.#usedBytes += count
      copied += count
    }
    const now = performance.now()
    if (now - this.#begunMs < fragmentMs || this.#isWriting) return
    this.#begunMs = now
    void this.#write()
  }

  async #write() {
    this.#isWriting = true
    const blocks = this.#blocks
    const last = blocks.length - 1
    const pieces = blocks.with(last, blocks[last].subarray(0, this.#usedBytes))
    this.#blocks = []
    this.#usedBytes = blockBytes
    const file = await this.#file
    await file.writev(pieces)
    freeBlocks.push(...blocks)
    this.#isWriting = false
  }
}

const isRequest = (chunk) => chunk[0] !== 0x24 && /^[A-Z_]+ rtsp:/.test(chunk.latin1Slice(0, 32))

function serve(socket) {
  let recording
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    if (!isRequest(chunk)) {
      recording?.add(chunk)
      return
    }
    const text = chunk.latin1Slice()
    answer(socket, text)
    if (text.startsWith('RECORD')) recording = new Recording()
  })
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: server.address().port })}\n`)
})
process.on('SIGTERM', () => process.exit())
