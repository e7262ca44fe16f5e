import { describe, expect, it } from 'vitest'
import { type RelaySource, relayDefaults, relayMedia } from '../../src/relay/index.js'
import { resolveRelayOptions, resolveRelaySource } from '../../src/relay/relay-options.js'

const url = 'rtsp://user:hidden-word@127.0.0.1/cam'

describe('options of a relay', () => {
  it('have the documented defaults', () => {
    expect(resolveRelayOptions({})).toEqual({
      ...{
        lingerMs: 10_000,
        holdMs: 60_000,
        alwaysOn: false,
        stallMs: 10_000,
        waitMs: 8000,
        passRefusals: false,
      },
      ...{
        firstDelayMs: 1000,
        maxDelayMs: 30_000,
        failedRetryMs: 300_000,
        returnMs: 10_000,
        transport: 'auto',
      },
    })
    expect(relayDefaults.timeline).toBe('continuous')
  })

  it('keep a first delay above the default maximum', () => {
    const { firstDelayMs, maxDelayMs } = resolveRelayOptions({ backoff: { firstSeconds: 60 } })
    expect([firstDelayMs, maxDelayMs]).toEqual([60_000, 60_000])
  })

  it.each([
    { options: { lingerSeconds: -1 }, says: /lingerSeconds must be a number from 0, got -1/ },
    { options: { alwaysOn: 1 }, says: /alwaysOn must be true or false/ },
    { options: { passRefusals: 1 }, says: /passRefusals must be true or false/ },
    { options: { stallSeconds: Number.NaN }, says: /stallSeconds must be a number of seconds/ },
    { options: { backoff: { firstSeconds: 0 } }, says: /firstSeconds must be more than 0/ },
    {
      options: { backoff: { firstSeconds: 5, maxSeconds: 4 } },
      says: /maxSeconds must be at least firstSeconds, got 4/,
    },
    { options: { backoff: { first: 1 } }, says: /backoff has no option 'first'/ },
    { options: { onAway: 'hold' }, says: /onAway must be 'end', \{ holdSeconds \} or \{ slate \}/ },
    { options: { onAway: { holdSeconds: '1' } }, says: /onAway.holdSeconds must be a number/ },
    { options: { onAway: { slate: 'away.mp4' } }, says: /onAway.slate must be a function/ },
    {
      options: { onAway: { slate: () => {}, holdSeconds: -1 } },
      says: /onAway.holdSeconds must be a number/,
    },
    {
      options: { transport: 'sctp' },
      says: /transport must be one of auto, tcp, udp, .*, got 'sctp'/,
    },
    { options: { random: 4 }, says: /random must be a function/ },
    { options: { signal: {} }, says: /signal must be an AbortSignal/ },
    { options: { linger: 4 }, says: /relayMedia has no option 'linger'/ },
    { options: { timeline: 'straight' }, says: /timeline/ },
  ])('refuse $options', ({ options, says }) => {
    expect(() => relayMedia(url, options as never)).toThrow(says)
  })

  it.each<{ source: unknown; says: RegExp }>([
    { source: 'http://user:hidden-word@127.0.0.1/', says: /must be an rtsp: or rtsps: URL/ },
    { source: undefined, says: /source must be a URL, or an object with url, got undefined/ },
    { source: { url: 'x' }, says: /must be an rtsp: or rtsps: URL/ },
    { source: { url, transports: ['x'] }, says: /transports must be one of tcp, udp/ },
    { source: { url, signal: undefined }, says: /signal is an option of the relay/ },
    { source: { url, linger: 1 }, says: /connect has no option 'linger'/ },
  ])('refuse the source $source', ({ source, says }) => {
    const make = () => relayMedia(source as RelaySource)
    expect(make).toThrow(says)
    expect(make).not.toThrow(/hidden-word/)
  })

  it('are unchanged after an update with a mistake', async () => {
    await using relay = relayMedia(url)
    expect(() => relay.update({ source: 'http://x/', lingerSeconds: 4 })).toThrow(TypeError)
    expect(() => relay.update({ clock: undefined, timeline: 'continuous' } as never)).toThrow(
      /update has no option 'timeline'/,
    )
    expect(relay.status.source).toBe('rtsp://127.0.0.1/cam')
  })

  it('name the secrets of a source, which no message contains', () => {
    expect(resolveRelaySource(url)).toMatchObject({ secrets: ['user', 'hidden-word'] })
    const { secrets } = resolveRelaySource({ url, username: 'other', password: 'word' })
    expect(secrets).toEqual(['other', 'word'])
  })
})
