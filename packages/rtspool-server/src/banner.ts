/** What the banner says, as found out after listening. */
export interface BannerFacts {
  readonly version: string
  /** The address that the socket is bound to, as Node reports it. */
  readonly address: string
  readonly port: number
  /** Where RTSP over TLS is served; `undefined` when it is not. */
  readonly tlsPort: number | undefined
  /** As given on the command line; `undefined` is every address of the machine. */
  readonly host: string | undefined
  readonly publish: boolean
  /** What needs a user and a password. */
  readonly login: { readonly toPlay: boolean; readonly toPublish: boolean }
  /** Path of the built-in media; `undefined` when there is none. */
  readonly testPath: string | undefined
}

/** Addresses that stand for every address of the machine. */
const wildcards: readonly string[] = ['::', '0.0.0.0']

/**
 * The base URL that a player on this machine can use.
 *
 * @returns Without a slash at the end; an IPv6 address stands in brackets, without its zone.
 */
export function localUrl(address: string, port: number, scheme: 'rtsp' | 'rtsps' = 'rtsp'): string {
  if (wildcards.includes(address)) return `${scheme}://127.0.0.1:${port}`
  const [literal = address] = address.split('%')
  return `${scheme}://${literal.includes(':') ? `[${literal}]` : literal}:${port}`
}

/** Where the reader puts in who they are. */
const withLogin = (url: string): string => url.replace('://', '://NAME:PASSWORD@')

/**
 * The lines that the command prints once it listens: where, and what to type to play and to publish.
 *
 * @returns Several lines with a line break at the end of each.
 */
export function banner(facts: BannerFacts): string {
  const url = localUrl(facts.address, facts.port)
  const isEverywhere = wildcards.includes(facts.address)
  const where = isEverywhere ? 'all addresses' : (facts.host ?? facts.address)
  const lines = [`rtspool ${facts.version} listens on ${url} (${where})`]
  if (facts.tlsPort !== undefined) {
    const tlsUrl = localUrl(facts.address, facts.tlsPort, 'rtsps')
    lines.push(`with TLS on ${tlsUrl}, the same paths`)
  }
  lines.push('')
  const { testPath, login } = facts
  const playUrl = login.toPlay ? withLogin(url) : url
  const publishUrl = login.toPublish ? withLogin(url) : url
  if (testPath !== undefined) lines.push(`  play     ffplay ${playUrl}${testPath}`)
  lines.push(
    facts.publish
      ? `  publish  ffmpeg -re -i file.mp4 -c copy -f rtsp ${publishUrl}/live`
      : '  publish  nobody may publish (--no-publish)',
    '',
  )
  return lines.map((line) => `${line}\n`).join('')
}
