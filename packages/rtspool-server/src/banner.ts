/** Facts that the banner (the text that the command prints at its start) shows. */
export interface BannerFacts {
  readonly version: string
  /** Address on which the server listens, as Node reports it. */
  readonly address: string
  readonly port: number
  /** Port of RTSP over TLS; `undefined` without TLS. */
  readonly tlsPort: number | undefined
  /** Host on which the server listens, as the user has configured it; `undefined` = every address of the machine. */
  readonly host: string | undefined
  readonly publish: boolean
  /** Path to which the example command publishes. @default /live */
  readonly publishPath?: string | undefined
  /** Scheme of the shown URL, which has `address` and `port`. @default rtsp */
  readonly scheme?: 'rtsp' | 'rtsps'
  /** Actions for which clients need a user name and a password. */
  readonly login: { readonly toPlay: boolean; readonly toPublish: boolean }
  /** Path of the generated test picture; `undefined` without it. */
  readonly testPath: string | undefined
  /** Facts of the control API; `undefined` without it. */
  readonly control?: ControlFacts | undefined
}

/** Facts of the control API that the banner (text that the command prints at its start) shows. */
export interface ControlFacts {
  readonly url: string
  /**
   * Token for the control API that this start has created. The token is shown only once; `undefined` = one existed
   * before.
   */
  readonly firstToken: string | undefined
}

/** Addresses that mean every address of the machine, so that a URL needs another one. */
const wildcards: readonly string[] = ['::', '0.0.0.0']

/**
 * Returns the base URL of the server for a player on this machine, without a slash at the end. An
 * IPv6 address stands in brackets, without its zone.
 */
export function localUrl(
  address: string,
  port: number,
  scheme: 'rtsp' | 'rtsps' | 'http' = 'rtsp',
): string {
  if (wildcards.includes(address)) return `${scheme}://127.0.0.1:${port}`
  const [literal = address] = address.split('%')
  return `${scheme}://${literal.includes(':') ? `[${literal}]` : literal}:${port}`
}

/**
 * Returns a path that a pattern for publishers allows, for the example command: `/live` for `/*`,
 * `/live/door` for `/live/*`.
 */
export const examplePath = (pattern: string): string =>
  pattern === '/*' ? '/live' : pattern.replace(/\*$/, 'door')

/** Returns a URL with the placeholder `NAME:PASSWORD@` before its host, for a server that needs logins. */
const withLogin = (url: string): string => url.replace('://', '://NAME:PASSWORD@')

/**
 * Formats the lines that the command prints once it listens: its addresses, and commands to play
 * and publish.
 *
 * @returns Several lines, each with a line break at the end.
 */
export function banner(facts: BannerFacts): string {
  const url = localUrl(facts.address, facts.port, facts.scheme)
  const isEverywhere = wildcards.includes(facts.address)
  const where = isEverywhere ? 'all addresses' : (facts.host ?? facts.address)
  const lines = [`rtspool ${facts.version} listens on ${url} (${where})`]
  if (facts.tlsPort !== undefined) {
    const tlsUrl = localUrl(facts.address, facts.tlsPort, 'rtsps')
    lines.push(`with TLS on ${tlsUrl}, the same paths`)
  }
  if (facts.control) lines.push(...controlLines(facts.control))
  lines.push('')
  const { testPath, login } = facts
  const playUrl = login.toPlay ? withLogin(url) : url
  const publishUrl = login.toPublish ? withLogin(url) : url
  if (testPath !== undefined) lines.push(`  play     ffplay ${playUrl}${testPath}`)
  lines.push(
    facts.publish
      ? `  publish  ffmpeg -re -i file.mp4 -c copy -f rtsp ${publishUrl}${facts.publishPath ?? '/live'}`
      : '  publish  nobody may publish (--no-publish)',
    '',
  )
  return lines.map((line) => `${line}\n`).join('')
}

function controlLines({ url, firstToken }: ControlFacts): string[] {
  const lines = [`control API on ${url}`]
  if (firstToken !== undefined) {
    lines.push('', `  token of the role admin, shown only now: ${firstToken}`)
  }
  return lines
}
