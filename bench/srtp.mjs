// What SRTP costs a packet, whatever the number of viewers. Build first: npm run build.
// Usage: npm run bench -- srtp [--short] [seconds a case, default 1]
import {
  masterKeyFrom,
  SrtpReceiver,
  SrtpSender,
  srtpSuites,
} from '../packages/rtspool/dist/srtp/index.js'

const isShort = process.env.RTSPOOL_BENCH_SHORT === '1'
const secondsPerCase = Number(process.argv[2] ?? (isShort ? 0.1 : 1))
const rounds = isShort ? 1 : 5
/** 12 bytes of header, and a payload that fills a packet of video, or one of sound. */
const packetSizes = [1400, 200]

/** Packets of one stream, in order: more than a key may be used for is never sent. */
function* stream(sizeBytes) {
  const packet = Buffer.alloc(sizeBytes, 0x5a)
  packet[0] = 0x80
  for (let sequenceNumber = 0; ; sequenceNumber = (sequenceNumber + 1) & 0xffff) {
    packet.writeUInt16BE(sequenceNumber, 2)
    yield packet
  }
}

const masterOf = (suite) =>
  masterKeyFrom(suite, Buffer.alloc(suite.keyBytes + suite.saltBytes, 0x11))

function protectNs(suite, sizeBytes) {
  const sender = new SrtpSender(masterOf(suite))
  const packets = stream(sizeBytes)
  return nsPerCall(() => sender.protect(packets.next().value))
}

function openNs(suite, sizeBytes) {
  const sender = new SrtpSender(masterOf(suite))
  const receiver = new SrtpReceiver(masterOf(suite))
  const packets = stream(sizeBytes)
  const batchPackets = 2000
  let elapsedMs = 0
  let count = 0
  while (elapsedMs < secondsPerCase * 1000) {
    const sealed = Array.from({ length: batchPackets }, () => sender.protect(packets.next().value))
    const start = performance.now()
    for (const packet of sealed) {
      if (!receiver.open(packet)) throw new Error('a packet was refused')
    }
    elapsedMs += performance.now() - start
    count += batchPackets
  }
  return (elapsedMs * 1e6) / count
}

function nsPerCall(call) {
  const until = (ms) => {
    const start = performance.now()
    let count = 0
    let elapsedMs = 0
    while (elapsedMs < ms) {
      for (let n = 0; n < 100; n++) call()
      count += 100
      elapsedMs = performance.now() - start
    }
    return (elapsedMs * 1e6) / count
  }
  until(secondsPerCase * 250)
  return until(secondsPerCase * 1000)
}

/** What else runs only ever makes it slower. */
const fastest = (values) => Math.min(...values)

const cases = Object.values(srtpSuites).flatMap((suite) =>
  packetSizes.map((sizeBytes) => ({ suite, sizeBytes, protect: [], open: [] })),
)
// Interleaved: what the machine does meanwhile hits all alike.
for (let round = 0; round < rounds; round++) {
  for (const each of cases) {
    each.protect.push(protectNs(each.suite, each.sizeBytes))
    each.open.push(openNs(each.suite, each.sizeBytes))
  }
}
const results = cases.map(({ suite, sizeBytes, protect, open }) => ({
  suite: suite.name,
  packetBytes: sizeBytes,
  protectMicroseconds: Number((fastest(protect) / 1000).toFixed(2)),
  openMicroseconds: Number((fastest(open) / 1000).toFixed(2)),
}))
console.table(results)
console.log(JSON.stringify({ node: process.version, results }))
