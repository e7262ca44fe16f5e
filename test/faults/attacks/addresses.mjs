/** Addresses that attackers have in the network of the tests; none is the victim's. */

const perSubnet = 250

/** The IPv4 address of attacker `number`. */
export const attackerAddress = (number) =>
  `198.18.${10 + Math.floor(number / perSubnet)}.${1 + (number % perSubnet)}`

/** The IPv6 address `number` of one host, which has a whole /64 (RFC 4291 section 2.5.4). */
export const attackerAddress6 = (number) => `2001:db8:bad:1::${(number + 1).toString(16)}`

/** Host and port as in a URL. */
export const authorityOf = ({ host, port }) =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Does something `count` times, at most `atOnce` at a time, until the signal says stop. */
export async function inParallel(count, atOnce, signal, run) {
  let next = 0
  const worker = async () => {
    while (next < count && !signal.aborted) await run(next++)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker))
}

/** Resolves when the signal says stop. */
export const stopped = (signal) =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
