import { appendFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { settle } from '../../../packages/rtspool/test/support/until.js'
import { reasonToSkip } from '../../../scripts/programs.mjs'
import { endPrograms } from '../../interop/support/process.js'
import { FaultNetwork, serverAddress } from './network.js'
import {
  Bystander,
  type BystanderOptions,
  Service,
  type ServiceOptions,
  type VictimReport,
} from './service.js'

/** The long form has the figures that are promised, the short one shows within seconds that nothing has broken. */
export const isLong = process.env.RTSPOOL_FAULTS_LONG === '1'

/** What was seen of an attack. */
export interface FloodOutcome {
  /** What the attacker counted. */
  readonly counts: Readonly<Record<string, number>>
  /** Resident bytes of the server at their peak, less those before. */
  readonly grown: number
  readonly log: string
}

export interface Flood {
  /** Ids of the threats. */
  readonly tags: string | string[]
  readonly title: string
  /** Name of a file in `attacks/`. */
  readonly attack: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly service: ServiceOptions
  /** Of the victims, where the server has users. */
  readonly credentials?: { readonly user: string; readonly password: string } | undefined
  /** What must hold beside the victims' loss, delay and probes. */
  readonly check?: ((outcome: FloodOutcome) => void) | undefined
}

/** Seconds that an attack goes on once it stands. */
const holdSeconds = isLong ? 60 : 3
/** Milliseconds from publisher to viewer at the 99th percentile. The short form shares its machine with other work. */
const delayLimitMs = isLong ? 50 : 250
/**
 * Milliseconds that a newcomer may wait for a description at the 99th percentile. Node accepts one
 * connection in each turn of the event loop. A newcomer therefore waits behind the kernel's queue of
 * up to 511 connections, for a turn of 1 to 2 ms each, as long as an attacker opens connections.
 */
const probeLimitMs = isLong ? 1_500 : 2_000
const kib = 1024

/** Megabytes of the heap of JavaScript: what grows without a bound ends the process. */
export const heapMb = 256
export const mib = kib * kib

/** A user of servers that have users. */
export const victim = { user: 'victim', password: 'of-the-attack' }
export const usersEnvironment = { RTSPOOL_USERS: `${victim.user}:${victim.password}` }

const addresses = {
  ...{ publisher: '198.18.0.2', tcpViewer: '198.18.0.3', udpViewer: '198.18.0.4' },
  ...{ newcomer: '198.18.0.5', udpPort: 40_000 },
}

/** For the table of the long form. */
function note(row: Readonly<Record<string, unknown>>): void {
  const file = process.env.RTSPOOL_FAULTS_TABLE
  if (file) appendFileSync(file, `${JSON.stringify(row)}\n`)
}

async function underAttack(network: FaultNetwork, flood: Flood) {
  const service = await Service.start(network, flood.service)
  const to = { host: serverAddress, port: service.port }
  const { credentials, attack } = flood
  const honest = JSON.stringify({ ...to, addresses, credentials })
  const hostile = JSON.stringify({ ...to, udpPort: service.udpPort, ...flood.settings })
  const bystanders: Bystander<unknown>[] = []
  const start = async <Report>(options: BystanderOptions) => {
    const bystander = await Bystander.start<Report>(network, options)
    bystanders.push(bystander)
    return bystander
  }
  try {
    const victim = await start<VictimReport>({
      ...{ file: 'victim.mjs', args: [honest], ready: 'playing', niceness: 0 },
    })
    const before = service.memory()
    const attacker = await start<Readonly<Record<string, number>>>({
      ...{ file: 'attacker.mjs', args: [attack, hostile], ready: 'attacking', niceness: 19 },
    })
    await settle(holdSeconds * 1000, 'the attack goes on for so long')
    const wasRunning = service.isRunning
    const grown = service.memory().peak - before.now
    const counts = await attacker.end()
    const report = await victim.end()
    const { log } = service
    return { wasRunning, status: await service.close(), counts, report, log, grown }
  } finally {
    await Promise.all(bystanders.map((bystander) => bystander.kill()))
    await service.close()
  }
}

/** One test for each flood: the server lives, and its honest clients lose nothing and wait for nothing. */
export function testFloods(floods: readonly Flood[]): void {
  const skipReason = reasonToSkip('network namespace')
  let network: FaultNetwork | undefined

  beforeAll(async () => {
    if (skipReason === undefined) network = await FaultNetwork.open()
  })
  afterAll(async () => {
    await network?.close()
    await endPrograms()
  })

  for (const flood of floods) {
    const { title, tags } = flood
    test(title, { tags, timeout: (holdSeconds + 180) * 1000 }, async (context) => {
      if (!network) return context.skip(skipReason)
      expectUnharmed(flood, await underAttack(network, flood))
    })
  }
}

function expectUnharmed(flood: Flood, outcome: Awaited<ReturnType<typeof underAttack>>): void {
  const { wasRunning, status, counts, report, grown } = outcome
  const { tcp, udp, probes } = report
  note({
    title: flood.title,
    grownMb: grown / kib / kib,
    counts,
    sent: report.sent,
    tcp,
    udp,
    probes,
  })
  expect({ wasRunning, status }).toEqual({ wasRunning: true, status: 0 })
  expect({ tcp: tcp.lost, udp: udp.lost, misaligned: tcp.misaligned }).toEqual({
    ...{ tcp: 0, udp: 0, misaligned: 0 },
  })
  expect(report.sent).toBeGreaterThan(holdSeconds * 50)
  expect(tcp.delayP99).toBeLessThanOrEqual(delayLimitMs)
  expect(udp.delayP99).toBeLessThanOrEqual(delayLimitMs)
  expect(probes.refusals).toEqual({})
  expect(probes.answered).toBeGreaterThan(holdSeconds)
  expect(probes.p99).toBeLessThanOrEqual(probeLimitMs)
  flood.check?.(outcome)
}
