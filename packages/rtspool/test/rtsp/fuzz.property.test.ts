import { describe, expect, it } from 'vitest'
import { RtspError } from '../../src/errors.js'
import { parseCSeq, serializeCSeq } from '../../src/rtsp/headers/cseq.js'
import { parseRange, serializeRange } from '../../src/rtsp/headers/range.js'
import { parseRtpInfo, serializeRtpInfo } from '../../src/rtsp/headers/rtp-info.js'
import { parseSessionHeader } from '../../src/rtsp/headers/session.js'
import { parseTransport, serializeTransport } from '../../src/rtsp/headers/transport.js'
import { RtspParser } from '../../src/rtsp/parser.js'
import { rtspParserLimitsDefaults } from '../../src/rtsp/parser-limits.js'
import { parseRtspUri, serializeRtspUri } from '../../src/rtsp/uri.js'
import { fastestMs } from './fastest.js'
import {
  cSeqCases,
  rangeCases,
  refusedCSeqs,
  refusedRanges,
  refusedRtpInfos,
  refusedSessions,
  refusedTransports,
  refusedUris,
  rtpInfoCases,
  sessionCases,
  transportCases,
  uriCases,
} from './header-cases.js'
import { mutate, SeededRandom } from './mutate.js'
import { cut, eventFacts, record, recordingSink } from './record.js'
import { parseWhole } from './reference-parser.js'
import { transcripts } from './transcripts.js'

const maxMs = 100

/** For longer runs by hand: RTSPOOL_FUZZ_FACTOR=100 RTSPOOL_FUZZ_SEED=7 npx vitest run ... */
const { RTSPOOL_FUZZ_FACTOR = '1', RTSPOOL_FUZZ_SEED = '24301' } = process.env
const factor = Number(RTSPOOL_FUZZ_FACTOR)
const baseSeed = Number(RTSPOOL_FUZZ_SEED)
const timeoutMs = 10_000 * factor

/** Runs work; an error of ours is fine, any other is thrown on. */
function tolerate(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof RtspError)) throw error
  }
}

/** Tolerates, and fails when the work is slow three times over: once may be the machine. */
function tolerateQuickly(work: () => void): void {
  const start = performance.now()
  tolerate(work)
  if (performance.now() - start < maxMs) return
  expect(fastestMs(() => tolerate(work), 3)).toBeLessThan(maxMs)
}

const latin1 = (texts: readonly { wire: string }[]): Buffer[] =>
  texts.map(({ wire }) => Buffer.from(wire, 'latin1'))

/** Long enough for every rule, short enough for a hundred thousand runs. */
const maxSeedBytes = 1500
const streamSeeds = transcripts
  .map(({ wire }) => wire)
  .filter(({ length }) => length < maxSeedBytes)

/** So small that mutated messages meet them. */
const smallLimits = {
  maxLineBytes: 60,
  maxUriBytes: 30,
  maxMethodBytes: 8,
  maxHeaders: 4,
  maxHeaderBytes: 100,
  maxBodyBytes: 40,
}

describe('mutated input', () => {
  it(
    'B-ILV B-BIG 60,000 streams: no error but ours, none takes 100 ms',
    () => {
      const random = new SeededRandom(baseSeed)
      for (let run = 0; run < 60_000 * factor; run++) {
        const wire = mutate(streamSeeds, random)
        const parser = new RtspParser(recordingSink([]), run % 2 === 0 ? {} : smallLimits)
        tolerateQuickly(() => {
          parser.push(wire)
        })
      }
    },
    timeoutMs,
  )

  const serializeTransports = (text: string) => parseTransport(text).map(serializeTransport).join()
  const targets = [
    {
      name: 'Transport',
      seeds: latin1([...transportCases, ...refusedTransports]),
      parse: (text: string) => {
        // What was understood can be said, and means the same then.
        const said = serializeTransports(text)
        expect(serializeTransports(said)).toBe(said)
      },
    },
    {
      name: 'Range',
      seeds: latin1([...rangeCases, ...refusedRanges]),
      parse: (text: string) => {
        const said = serializeRange(parseRange(text))
        expect(serializeRange(parseRange(said))).toBe(said)
      },
    },
    {
      name: 'RTP-Info',
      seeds: latin1([...rtpInfoCases, ...refusedRtpInfos]),
      parse: (text: string) => {
        const said = serializeRtpInfo(parseRtpInfo(text))
        // Quotes are not written again, and a URL may end with what they protected.
        if (!text.includes('"')) expect(serializeRtpInfo(parseRtpInfo(said))).toBe(said)
      },
    },
    {
      name: 'Session',
      seeds: latin1([...sessionCases, ...refusedSessions]),
      parse: parseSessionHeader,
    },
    {
      name: 'CSeq',
      seeds: latin1([...cSeqCases, ...refusedCSeqs]),
      parse: (text: string) => {
        const cSeq = parseCSeq(text)
        expect(parseCSeq(serializeCSeq(cSeq))).toBe(cSeq)
      },
    },
    {
      name: 'URI',
      seeds: latin1([...uriCases, ...refusedUris]),
      parse: (text: string) => {
        const { path, query, scheme = 'rtsp', host } = parseRtspUri(text)
        expect(path.split('/')).not.toContain('..')
        if (host !== '')
          expect(parseRtspUri(serializeRtspUri({ scheme, host, path, query })).path).toBe(path)
      },
    },
  ]

  // Control characters never get past the parser of messages.
  const isPossibleValue = (text: string): boolean =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    !/[\x00-\x08\x0a-\x1f\x7f]/.test(text)

  it.each(targets)(
    'B-LOOP 7,000 values of $name: no error but ours, none takes 100 ms',
    ({ seeds, parse }) => {
      const random = new SeededRandom(baseSeed + 1)
      for (let run = 0; run < 7_000 * factor; run++) {
        const text = mutate(seeds, random).toString('latin1')
        tolerateQuickly(() => {
          if (isPossibleValue(text)) parse(text)
        })
      }
    },
  )
})

describe('the parser against a naive one', () => {
  it.each([
    { name: 'default limits', limits: rtspParserLimitsDefaults, seed: baseSeed + 2 },
    { name: 'small limits', limits: smallLimits, seed: baseSeed + 3 },
  ])(
    'B-SMUG 8,000 mutated streams, cut at random, $name: same answers',
    ({ limits, seed }) => {
      const random = new SeededRandom(seed)
      for (let run = 0; run < 8_000 * factor; run++) {
        const wire = mutate(streamSeeds, random)
        const places = Array.from({ length: random.below(6) }, () => random.below(wire.length + 1))
        const actual = record(
          cut(
            wire,
            places.sort((a, b) => a - b),
          ),
          limits,
        )
        const expected = parseWhole(wire, limits)
        const facts = { error: actual.error, events: actual.events.map(eventFacts) }
        const expectedFacts = { error: expected.error, events: expected.events.map(eventFacts) }
        // A matcher only where there is something to show.
        if (JSON.stringify(facts) !== JSON.stringify(expectedFacts)) {
          expect({ wire: wire.toString('latin1'), places, ...facts }).toEqual(expectedFacts)
        }
      }
    },
    timeoutMs,
  )

  it.each(transcripts)('agrees on $name', ({ wire, error, events }) => {
    const expected = parseWhole(wire)
    expect(expected.error).toBe(error)
    expect(expected.events).toHaveLength(events.length)
    expect(record([wire]).events.map(eventFacts)).toEqual(expected.events.map(eventFacts))
  })
})
