import { describe, expect, it } from 'vitest'
import { RtspError } from '../../src/errors.js'
import { Base64Stream } from '../../src/http/base64-stream.js'
import { protocolOf } from '../../src/http/protocol.js'
import { HttpHeadReader } from '../../src/http/request-head.js'
import { mutate, SeededRandom } from '../rtsp/mutate.js'
import { corpus } from '../support/corpus.js'
import { fuzzRuns, fuzzSeed } from '../support/fuzz-runs.js'
import { HttpTestClient } from '../support/http-client.js'
import { connectTo, expectOk, startServer } from '../support/test-server.js'

const inputsOf = (target: string) => corpus(target).map(({ bytes }) => bytes)
const heads = [...inputsOf('http-head'), ...inputsOf('web-socket-head')]

function cut(wire: Buffer, random: SeededRandom): Buffer[] {
  const places = Array.from({ length: random.below(6) }, () => random.below(wire.length + 1))
  const ends = [...places.sort((a, b) => a - b), wire.length]
  return ends.map((end, at) => wire.subarray(ends[at - 1] ?? 0, end))
}

/** Returns the value, or the code of an error of the library; rethrows any other error. */
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

/** Decodes the whole text group by group: slow and simple. */
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
  it(`${fuzzRuns(40_000)} HTTP heads: only errors of the library, and the same at every cut`, {
    tags: 'B-SMUG',
  }, () => {
    const random = new SeededRandom(fuzzSeed)
    for (let run = 0; run < fuzzRuns(40_000); run++) {
      const wire = mutate(heads, random)
      const whole = outcomeOf(() => readHead([wire]))
      const pieces = cut(wire, random)
      const inPieces = outcomeOf(() => readHead(pieces))
      // A matcher only for a difference: matchers are slow.
      if (JSON.stringify(whole) !== JSON.stringify(inPieces)) {
        expect({ wire: wire.toString('latin1'), inPieces }).toEqual({ inPieces: whole })
      }
    }
  })

  it(`${fuzzRuns(40_000)} first bytes: the decision never changes with later bytes`, {
    tags: 'B-SMUG',
  }, () => {
    const random = new SeededRandom(fuzzSeed + 1)
    for (let run = 0; run < fuzzRuns(40_000); run++) {
      const wire = mutate(heads, random)
      if (wire.length === 0) continue
      const early = protocolOf(wire.subarray(0, 1 + random.below(wire.length)))
      if (early !== undefined && early !== protocolOf(wire)) {
        expect({ wire: wire.toString('latin1'), early }).toEqual({ early: protocolOf(wire) })
      }
    }
  })

  it(`${fuzzRuns(40_000)} pieces of base64: the result of a simple decoder, at every cut`, {
    tags: 'A-HTP-3',
  }, () => {
    const random = new SeededRandom(fuzzSeed + 2)
    const seeds = inputsOf('http-tunnel-base64')
    for (let run = 0; run < fuzzRuns(40_000); run++) {
      const wire = mutate(seeds, random)
      const pieces = cut(wire, random)
      const decoded = outcomeOf(() => decode(pieces))
      if (decoded !== decodeWhole(wire)) {
        expect({ wire: wire.toString('latin1'), decoded }).toEqual({ decoded: decodeWhole(wire) })
      }
    }
  })

  it(`${fuzzRuns(600)} heads of tunnels and WebSockets to a server: it serves on, and nothing is left`, {
    tags: 'B-SMUG',
  }, async () => {
    const random = new SeededRandom(fuzzSeed + 3)
    const server = await startServer()
    for (let run = 0; run < fuzzRuns(600); run++) {
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
