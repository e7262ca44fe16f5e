import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { TimelineBreaks } from '../../src/media/timeline/timeline.js'
import { AddressRanges } from '../../src/server/auth/address-ranges.js'
import { ConnectionLimits } from '../../src/server/door/connection-limits.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { strayErrorsDuring } from '../support/stray-errors.js'
import { nextTurn } from '../support/until.js'
import { warningsDuring } from '../support/warnings.js'

function refuseConnection(): void {
  const limits = new ConnectionLimits({
    maxConnections: 1,
    maxConnectionsPerAddress: 0,
    trustedAddresses: new AddressRanges('trustedAddresses', []),
    clock: new ManualClock(),
  })
  limits.take('192.0.2.1')
  limits.take('192.0.2.2')
}

const breakTimeline = (): void =>
  new TimelineBreaks({ path: '/cam', track: 0 }, new ManualClock()).tell('source', 'passThrough')

const messages = [
  ['rtspool:connections-refused', 'RTSPOOL_CONNECTIONS_REFUSED', refuseConnection],
  ['rtspool:timeline-break', 'RTSPOOL_TIMELINE_BREAK', breakTimeline],
] as const

const failures: readonly (readonly [string, () => unknown])[] = [
  [
    'throws',
    () => {
      throw new Error('full disk')
    },
  ],
  ['rejects', () => Promise.reject(new Error('full disk'))],
  ['rejects later', () => nextTurn().then(() => Promise.reject(new Error('full disk')))],
]

const rows = messages.flatMap(([name, code, cause]) =>
  failures.map(([verb, fail]) => ({ name, code, cause, verb, fail })),
)

describe('diagnostics channels', { tags: 'S-9' }, () => {
  it.each(rows)('a subscriber of $name that $verb does not end the server', async (row) => {
    const { name, cause, fail } = row
    let heard = 0
    const next = (): void => void heard++
    subscribe(name, fail)
    subscribe(name, next)
    const codes: string[] = []
    try {
      const stray = await strayErrorsDuring(async () => {
        const warnings = await warningsDuring(async () => {
          cause()
          await nextTurn()
        })
        codes.push(...warnings.map(([code]) => code))
      })
      expect(stray).toEqual([])
    } finally {
      unsubscribe(name, fail)
      unsubscribe(name, next)
    }
    expect([codes, heard]).toEqual([['RTSPOOL_SUBSCRIBER_FAILED'], 1])
  })

  it.each(messages)(
    'the first message of %s without a subscriber is a warning',
    async (_, code, cause) => {
      const warnings = await warningsDuring(() => {
        cause()
        cause()
      })
      expect(warnings.map(([given]) => given)).toEqual([code])
    },
  )

  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const sources = ['rtspool/src', 'rtspool-server/src', 'rtspool-conform/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((name) => name.endsWith('.ts')),
  )

  it('no source but listeners.ts opens a channel to publish on', () => {
    // The suite for pools and the log of the command subscribe only.
    const makesChannel =
      /\bchannel\(|\btracingChannel\b|\bnew Channel\b|import \* as .*diagnostics_channel/
    const imports =
      /import (?:type )?\{([^}]*)\} from '(?:node:)?diagnostics_channel'|diagnostics_channel['"]\)/g
    const raw = sources.filter((name) => {
      const text = readFileSync(join(root, name), 'utf8')
      const names = [...text.matchAll(imports)].map(([, list]) => list ?? 'channel').join()
      return /\b[cC]hannel\b/.test(names) || (names !== '' && makesChannel.test(text))
    })
    expect(raw).toEqual([join('rtspool/src', 'listeners.ts')])
    expect(sources.length).toBeGreaterThan(100)
  })

  it('whatever publishes on a channel is a Diagnostic', () => {
    // The command has events of its own, which are no channels, and the store of a cluster has a verb of this name.
    const library = join('rtspool', 'src')
    const ofLibrary = sources.filter(
      (name) => name.startsWith(library) && !name.startsWith(join(library, 'cluster')),
    )
    const loose = ofLibrary.flatMap((name) => {
      if (name.endsWith('listeners.ts')) return []
      const text = readFileSync(join(root, name), 'utf8')
      const published = [...text.matchAll(/([\w#.]+)\.publish\(/g)].map(([, target = '']) => target)
      return published
        .filter((target) => !new RegExp(`const ${target} = new Diagnostic\\b`).test(text))
        .map((target) => `${name}: ${target}`)
    })
    expect(loose).toEqual([])
  })
})
