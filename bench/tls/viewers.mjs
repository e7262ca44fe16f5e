// RTSP viewers over TLS that count packets and bytes and look for gaps: the load tool does not speak TLS.
// Usage: node bench/tls/viewers.mjs rtsps://HOST:PORT/PATH VIEWERS WARMUP_SECONDS MEASURE_SECONDS
// Prints JSON lines: windowBegan, windowEnded, report.
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'

const [url, viewers, warmup, measure] = process.argv.slice(2)
const { hostname, port } = new URL(url)
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const frameHeaderBytes = 4
const getParameterMs = 15_000

const all = []
let failed = 0

/** One viewer: requests one after the other, then interleaved frames. */
class Viewer {
  packets = 0
  bytes = 0
  lost = 0
  /** Name of the cipher that server and client agreed on. */
  cipher
  #cseq = 0
  #session = ''
  #steps = ['DESCRIBE', 'SETUP', 'PLAY']
  #base = url
  #control = ''
  #kept = Buffer.alloc(0)
  #next
  #socket
  #playing

  constructor() {
    this.playing = new Promise((resolve) => {
      this.#playing = resolve
    })
    // The certificate is the benchmark's own.
    this.#socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
    this.#socket.once('secureConnect', () => {
      this.cipher = this.#socket.getCipher().name
      this.#advance()
    })
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      failed++
      this.#playing()
    })
  }

  keepAlive() {
    this.#request('GET_PARAMETER', this.#base)
  }

  #request(method, uri, headers = '') {
    const session = this.#session && `Session: ${this.#session}\r\n`
    this.#socket.write(
      `${method} ${uri} RTSP/1.0\r\nCSeq: ${++this.#cseq}\r\n${session}${headers}\r\n`,
    )
  }

  #advance() {
    const step = this.#steps.shift()
    if (step === 'DESCRIBE') this.#request(step, url, 'Accept: application/sdp\r\n')
    else if (step === 'SETUP') {
      const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n'
      this.#request(step, this.#control, transport)
    } else if (step === 'PLAY') this.#request(step, this.#base)
    else this.#playing()
  }

  #read(chunk) {
    const bytes = this.#kept.length > 0 ? Buffer.concat([this.#kept, chunk]) : chunk
    let at = 0
    while (bytes.length - at >= frameHeaderBytes) {
      const isFrame = bytes[at] === 0x24
      const end = isFrame ? this.#frame(bytes, at) : this.#answer(bytes, at)
      if (end < 0) break
      at = end
    }
    this.#kept = bytes.subarray(at)
  }

  /** @returns The end of the frame, or -1 while it is not whole. */
  #frame(bytes, at) {
    const begin = at + frameHeaderBytes
    const end = begin + bytes.readUInt16BE(at + 2)
    if (end > bytes.length) return -1
    if (bytes[at + 1] !== 0) return end
    this.packets++
    this.bytes += end - begin
    const sequenceNumber = bytes.readUInt16BE(begin + 2)
    if (this.#next !== undefined) this.lost += (sequenceNumber - this.#next) & 0xffff
    this.#next = (sequenceNumber + 1) & 0xffff
    return end
  }

  /** @returns The end of the answer, or -1 while it is not whole. */
  #answer(bytes, at) {
    const headEnd = bytes.indexOf('\r\n\r\n', at)
    if (headEnd < 0) return -1
    const head = bytes.latin1Slice(at, headEnd)
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
    const begin = headEnd + 4
    if (begin + length > bytes.length) return -1
    if (!head.startsWith('RTSP/1.0 200')) throw new Error(head)
    this.#session ||= /^session: *([^;\r\n]+)/im.exec(head)?.[1] ?? ''
    if (length > 0 && !this.#control) this.#describe(head, bytes.latin1Slice(begin, begin + length))
    this.#advance()
    return begin + length
  }

  #describe(head, description) {
    this.#base = /^content-base: *(\S+)/im.exec(head)?.[1] ?? url
    const video = description.slice(description.indexOf('m=video'))
    const control = /^a=control:(\S+)/m.exec(video)?.[1] ?? ''
    const slash = this.#base.endsWith('/') ? '' : '/'
    this.#control = control.includes('://') ? control : `${this.#base}${slash}${control}`
  }
}

const totals = () => all.map(({ packets, bytes, lost }) => ({ packets, bytes, lost }))
const sum = (name, list) => list.reduce((total, each) => total + each[name], 0)

for (let index = 0; index < Number(viewers); index++) {
  const viewer = new Viewer()
  all.push(viewer)
  await viewer.playing
}
const keepAlive = setInterval(() => {
  for (const viewer of all) viewer.keepAlive()
}, getParameterMs)
await sleep(Number(warmup) * 1000)
const before = totals()
const beganMs = performance.now()
const beganCpu = process.cpuUsage()
print({ event: 'windowBegan' })
await sleep(Number(measure) * 1000)
print({ event: 'windowEnded' })
const seconds = (performance.now() - beganMs) / 1000
const { user, system } = process.cpuUsage(beganCpu)
const after = totals()
const difference = (name) => sum(name, after) - sum(name, before)
print({
  event: 'report',
  failed,
  cipher: all[0]?.cipher,
  windows: [
    {
      ...{ seconds, viewers: all.length, packets: difference('packets') },
      ...{ bytes: difference('bytes'), lost: difference('lost') },
      silentViewers: after.filter(({ packets }, index) => packets === before[index].packets).length,
      cpuShare: (user + system) / 1e6 / seconds,
    },
  ],
})
clearInterval(keepAlive)
process.exit()
