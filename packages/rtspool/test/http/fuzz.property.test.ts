import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RtspError } from '../../src/errors.js'
import { Base64Stream } from '../../src/http/base64-stream.js'
import { protocolOf } from '../../src/http/protocol.js'
import { HttpHeadReader } from '../../src/http/request-head.js'
import { mutate, SeededRandom } from '../rtsp/mutate.js'
import { HttpTestClient } from '../support/http-client.js'
import { connectTo, expectOk, startServer } from '../support/test-server.js'

/** For longer runs by hand: RTSPOOL_FUZZ_FACTOR=100 RTSPOOL_FUZZ_SEED=7 npx vitest run ... */
const { RTSPOOL_FUZZ_FACTOR = '1', RTSPOOL_FUZZ_SEED = '24301' } = process.env
const factor = Number(RTSPOOL_FUZZ_FACTOR)
const baseSeed = Number(RTSPOOL_FUZZ_SEED)

function corpus(target: string): Buffer[] {
  const directory = new URL(`../corpus/${target}/`, import.meta.url)
  return readdirSync(directory).map((name) => readFileSync(new URL(name, directory)))
}

const heads = [...corpus('http-head'), ...corpus('web-socket-head')]

function cut(wire: Buffer, random: SeededRandom): Buffer[] {
  const places = Array.from({ length: random.below(6) }, () => random.below(wire.length + 1))
  const ends = [...places.sort((a, b) => a - b), wire.length]
  return ends.map((end, at) => wire.subarray(ends[at - 1] ?? 0, end))
}

/** What comes of it: a value, or the code of an error of ours; another error is thrown on. */
function outcomeOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    if (error instanceof RtspError) return error.code
    throw error
  }
}

function readHead(chunks: readonly Buffer[]): unknown {
  const reader = new HttpHeadReader()
  for (const [at, chunk] of chunks.entries()) {
    const read = reader.push(chunk)
    if (!read) continue
    const { headers, ...line } = read.head
    const rest = Buffer.concat([read.rest, ...chunks.slice(at + 1)]).toString('latin1')
    return { line, headers: [...headers], rest }
  }
  return 'unfinished'
}

/** Group by group, from the whole text: slow and plain. */
function decodeWhole(wire: Buffer): string {
  const text = wire.toString('latin1').replace(/[\r\n \t]/g, '')
  let decoded = ''
  for (let at = 0; at < text.length; at += 4) {
    const group = text.slice(at, at + 4)
    if (!/^[A-Za-z0-9+/]{0,4}$/.test(group) && !/^[A-Za-z0-9+/]{2,3}={0,2}$/.test(group)) {
      return 'ERR_HTTP_TUNNEL_BASE64'
    }
    if (group.length === 4) decoded += Buffer.from(group, 'base64').toString('latin1')
  }
  return decoded
}

const decode = (chunks: readonly Buffer[]): string => {
  const stream = new Base64Stream()
  return Buffer.concat(chunks.map((chunk) => stream.push(chunk))).toString('latin1')
}

describe('mutated input', () => {
  it('B-SMUG 40,000 HTTP heads: no error but ours, and the same at every cut', () => {
    const random = new SeededRandom(baseSeed)
    for (let run = 0; run < 40_000 * factor; run++) {
      const wire = mutate(heads, random)
      const whole = outcomeOf(() => readHead([wire]))
      const pieces = cut(wire, random)
      const inPieces = outcomeOf(() => readHead(pieces))
      // A matcher only where there is something to show.
      if (JSON.stringify(whole) !== JSON.stringify(inPieces)) {
        expect({ wire: wire.toString('latin1'), inPieces }).toEqual({ inPieces: whole })
      }
    }
  })

  it('B-SMUG 40,000 first bytes: once decided, nothing that follows decides otherwise', () => {
    const random = new SeededRandom(baseSeed + 1)
    for (let run = 0; run < 40_000 * factor; run++) {
      const wire = mutate(heads, random)
      if (wire.length === 0) continue
      const early = protocolOf(wire.subarray(0, 1 + random.below(wire.length)))
      if (early !== undefined && early !== protocolOf(wire)) {
        expect({ wire: wire.toString('latin1'), early }).toEqual({ early: protocolOf(wire) })
      }
    }
  })

  it('A-HTP-3 40,000 pieces of base64: as a plain decoder says, at every cut', () => {
    const random = new SeededRandom(baseSeed + 2)
    const seeds = corpus('http-tunnel-base64')
    for (let run = 0; run < 40_000 * factor; run++) {
      const wire = mutate(seeds, random)
      const pieces = cut(wire, random)
      const decoded = outcomeOf(() => decode(pieces))
      if (decoded !== decodeWhole(wire)) {
        expect({ wire: wire.toString('latin1'), decoded }).toEqual({ decoded: decodeWhole(wire) })
      }
    }
  })

  it('B-SMUG 600 heads to a server, of tunnels and WebSockets: it serves on, and nothing is left', async () => {
    const random = new SeededRandom(baseSeed + 3)
    const server = await startServer()
    for (let run = 0; run < 600; run++) {
      const client = await HttpTestClient.connect(server)
      for (const piece of cut(mutate(heads, random), random)) client.send(piece)
      client.socket.end()
      if (run % 20 === 0) await expectOk(await connectTo(server), 'OPTIONS', '*')
      await client.status()
      await client.close()
    }
    expect(server.pool.size).toBe(0)
  })
})
