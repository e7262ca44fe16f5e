// What is wrong with the rounds of a soak of send threads.
import { median, sum } from '../../bench/lib/statistics.mjs'
import { stoppedReaders } from './visiting-viewers.mjs'

/** Share of the packets of the viewer with most packets that each other one has at least. */
const leastShare = 0.95
/** Packets that a viewer over UDP may lose when its thread is killed: those of about a second. */
const lostByKill = 120
/** Difference of packets sent and received that is due to when each is counted, as a share. */
const maxDifference = 0.02
/** Growth of a median from the second third of the rounds to the last third. Fewer rounds are not judged. */
const maxGrowth = 1.05
const fewestRounds = 12
/** Bytes of memory that come and go with every run, and are no growth. */
const slackBytes = { rss: 8e6, heapUsed: 5e5 }
/** What a count may be more at the end than after the first round. Some timers of requests and reports run at times only. */
const slackOfCounts = { descriptors: 0, slots: 0, timers: 5, inThreads: 0 }
/** `overload`: the guard ends viewers that have unsent bytes, only while it refuses others. */
const expectedReasons = new Set(['teardown', 'connectionClosed', 'slowReader', 'overload'])
/** Share of the rounds in which the overload guard may refuse viewers, and one in a short run. */
const maxGuardedShare = 0.1

const programs = ['tcp', 'udp', 'visits', 'slow', 'stopped']

/** Counts viewers that the overload guard of the server has refused, or has ended. */
const guardedOf = ({ refusals, reasons }) =>
  (refusals['SETUP ERR_OVERLOADED'] ?? 0) + (reasons.overload ?? 0)

/** Lines that tell how the overload guard acted in a round; empty if it did not. */
export function describeGuard(round) {
  if (guardedOf(round) === 0 && round.pressures.length === 0) return []
  const answers = programs.map((name) => `${name} ${JSON.stringify(round[name].failures)}`)
  const pressures = round.pressures.map(
    ({ level, parts, load }) => `${level} ${JSON.stringify(parts)} at load ${load.toFixed(1)}`,
  )
  return [
    `overload guard: ${guardedOf(round)} viewers refused or ended; all refusals: ${JSON.stringify(round.refusals)}`,
    `  answers: ${answers.join(', ')}; pressure: ${pressures.join(', ')}`,
  ]
}

/** Says what is wrong with a round in which the overload guard of the server has refused or ended viewers. */
function faultsOfGuarded(round, faults) {
  const failed = sum(programs.map((name) => round[name].failed))
  const guarded = guardedOf(round)
  if (failed > guarded) faults.push(`${failed} viewers failed, but the guard explains ${guarded}`)
  const { tcp, udp, stayed } = round
  const lost = tcp.lost + stayed.tcp.lost + udp.lost
  if (lost > 0) faults.push(`TCP and UDP packets lost: ${lost}`)
  return faults
}

/** Says what is wrong with a round; empty if nothing is. */
export function faultsOf(result) {
  const { isKilling, viewers, served, reasons, ...round } = result
  const { tcp, udp, visits, slow, stayed } = round
  const faults = []
  const none = (name, count) => count === 0 || faults.push(`${name}: ${count}`)
  const even = (name, { least, most }) => {
    if (!(least >= leastShare * most))
      faults.push(`${name}: one had ${least} packets, another ${most}`)
  }
  none('frames misaligned', tcp.misaligned + slow.misaligned + visits.misaligned)
  none('UDP and SRTP viewers that stay and were closed', stayed.udp.closed + stayed.srtp.closed)
  none('SRTP packets rejected', stayed.srtp.rejected)
  none('SRTP viewers without protection', stayed.srtp.unprotected)
  none('UDP viewers without packets', udp.silent)
  const strange = Object.keys(reasons).filter(
    (reason) => !expectedReasons.has(reason) && !(isKilling && reason === 'sendThreadFailed'),
  )
  if (strange.length > 0) faults.push(`sessions ended with ${strange.join(', ')}`)
  // A killed thread ends viewers, too.
  if (guardedOf(result) > 0) return isKilling ? faults : faultsOfGuarded(result, faults)
  none('UDP viewers that failed', udp.failed)
  if (served < 2 * viewers) faults.push(`only ${served} viewers were in threads`)
  if (!(visits.completed > 0)) faults.push('nobody came and went')
  for (const [name, { packets }] of Object.entries({ tcp, udp, srtp: stayed.srtp })) {
    if (!(packets > 0)) faults.push(`nothing arrived over ${name}`)
  }
  if (isKilling) {
    // A thread that is killed costs its TCP viewers their connection, and the others what it has not sent.
    if (!(reasons.sendThreadFailed >= viewers)) faults.push('the thread was not killed')
    if (udp.lost > lostByKill * viewers) faults.push(`UDP packets lost: ${udp.lost}`)
    const { lost } = stayed.srtp
    if (lost > lostByKill * viewers) faults.push(`SRTP packets lost: ${lost}`)
    return faults
  }
  for (const { failed, failures } of [tcp, udp, visits, slow]) {
    if (failed > 0) faults.push(`answers: ${JSON.stringify(failures)}`)
  }
  const refused = Object.keys(round.refusals)
  if (refused.length > 0) faults.push(`refused: ${JSON.stringify(round.refusals)}`)
  even('TCP viewers', tcp)
  even('UDP viewers', udp)
  even('SRTP viewers', stayed.srtp)
  even('TCP viewers that stay', stayed.tcp)
  none('TCP packets lost', tcp.lost + stayed.tcp.lost)
  none('UDP packets lost', udp.lost)
  // The sockets of this process have little room; the kernel counts what it drops there.
  // A thread that was more than 2 s late has left out others.
  const lostHere = stayed.udp.lost + stayed.srtp.lost
  if (lostHere > stayed.kernelDrops + round.leftOut)
    faults.push(`packets lost of viewers that stay: ${lostHere}`)
  none('TCP viewers that failed', tcp.failed)
  none('TCP viewers without packets', tcp.silent)
  none('TCP viewers that stay and were closed', stayed.tcp.closed)
  none('slow readers that failed', slow.failed)
  none('visits that failed', visits.failed)
  if (!(slow.lost > 0)) faults.push('no reader was slow')
  if (reasons.slowReader !== stoppedReaders)
    faults.push(`${reasons.slowReader ?? 0} of ${stoppedReaders} readers that stopped were removed`)
  return faults
}

/** Medians of the second third of the rounds and of the last one, for each kind of memory. */
function growthOf(results, name) {
  const third = Math.floor(results.length / 3)
  const medianOf = (some) => median(some.map(({ rest }) => rest[name]))
  return {
    name,
    from: medianOf(results.slice(third, 2 * third)),
    to: medianOf(results.slice(-third)),
  }
}

const growths = (results) => ['rss', 'heapUsed'].map((name) => growthOf(results, name))

/** Lines that tell how memory, descriptors, slots and timers were at the beginning and at the end. */
export function describeGrowth(results) {
  const [{ rest: first }] = results
  const { rest: last } = results.at(-1)
  const held = ['descriptors', 'slots', 'timers', 'inThreads', 'rss', 'heapUsed'].map(
    (name) => `${name} ${first[name]} -> ${last[name]}`,
  )
  const lines = [`after the first and the last round: ${held.join(', ')}`]
  for (const { name, from, to } of growths(results)) {
    lines.push(`${name}, median of the second third and of the last: ${from} -> ${to}`)
  }
  return lines
}

/** Says what has grown from round to round; empty if nothing has. */
export function faultsOfAll(results) {
  const faults = []
  const [{ rest: first }] = results
  for (const [name, slack] of Object.entries(slackOfCounts)) {
    const { [name]: last } = results.at(-1).rest
    if (last > first[name] + slack)
      faults.push(`${name}: ${first[name]} after the first round, ${last} after the last`)
  }
  const guarded = results.filter((result) => guardedOf(result) > 0).length
  if (guarded > Math.max(1, maxGuardedShare * results.length))
    faults.push(`the machine was too busy: the server refused viewers in ${guarded} rounds`)
  if (results.length < fewestRounds) return faults
  // Viewers over SRTP all stay, so that what they have received is comparable with what was sent.
  const sent = sum(results.map((one) => one.sent.SRTP))
  const received = sum(results.map(({ stayed }) => stayed.srtp.packets + stayed.srtp.lost))
  if (!(Math.abs(received / sent - 1) <= maxDifference))
    faults.push(`SRTP packets: ${sent} sent, ${received} received or lost`)
  for (const { name, from, to } of growths(results)) {
    if (to > from * maxGrowth && to - from > slackBytes[name])
      faults.push(`${name} grows: ${from} -> ${to} bytes`)
  }
  return faults
}
