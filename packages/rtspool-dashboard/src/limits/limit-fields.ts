/** Limits of the server by the names of the API. */
export type Limits = Readonly<Record<string, number>>

/** A limit that the page shows. */
export interface LimitField {
  /** Name in the API, and in the section `limits` of the configuration. */
  readonly name: string
  readonly label: string
  readonly isSeconds?: boolean
}

/** Limits in the order of the page. */
export const limitFields: readonly LimitField[] = [
  { name: 'maxSessions', label: 'Sessions' },
  { name: 'maxSessionsPerAddress', label: 'Sessions of one address' },
  { name: 'maxSessionsPerUser', label: 'Sessions of one user' },
  { name: 'maxSessionsPerPath', label: 'Sessions of one path' },
  { name: 'maxConnections', label: 'Connections' },
  { name: 'maxConnectionsPerAddress', label: 'Connections of one address' },
  { name: 'maxIdleSetup', label: 'Seconds from SETUP to PLAY', isSeconds: true },
  { name: 'maxLifetime', label: 'Longest life of a session in seconds', isSeconds: true },
]

/** A key of the configuration, as far as the page needs it. */
export interface ConfigKeyView {
  readonly key: string
  /** Option, variable or place in the file that gives the value. */
  readonly source: string
  /** Option or variable that wins over the file. */
  readonly overriddenBy?: string
}

/** Configuration, as an admin may read it. */
export interface ConfigView {
  /** Absent if the server has no file of configuration. */
  readonly file?: string
  readonly keys: readonly ConfigKeyView[]
}

/** Returns the limits whose fields differ from the limits that hold. */
export function changedLimits(
  limits: Limits,
  fields: Readonly<Record<string, string>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => {
      const value = Number(text)
      return text.trim() === '' || value === limits[name] ? [] : [[name, value]]
    }),
  )
}

/** Returns what gives a limit its value, for the people who may read the configuration. */
export function keyOfLimit(
  config: ConfigView | undefined,
  name: string,
): ConfigKeyView | undefined {
  return config?.keys.find(({ key }) => key === `limits.${name}`)
}

/** Says what gives a limit its value, and what that means for a change. */
export function sourceText({ key, source, overriddenBy }: ConfigKeyView): string {
  if (overriddenBy) return `${overriddenBy} fixes the value: a saved one has no effect.`
  return source === key ? 'The default' : `From ${source.replace(`: ${key}`, '')}`
}
