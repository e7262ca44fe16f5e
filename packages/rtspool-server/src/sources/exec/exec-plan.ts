/** Formats that a program may write to its standard output. */
export const execFormats = ['mpegts', 'h264', 'h265', 'aac'] as const
export type ExecFormat = (typeof execFormats)[number]

/** Maximum of `startSeconds` in the configuration, for programs and pulls. */
export const maxStartSeconds = 25

export const execDefaults = Object.freeze({
  format: 'mpegts' as ExecFormat,
  frameRate: 0,
  alwaysOn: false,
  lingerSeconds: 10,
  holdSeconds: 60,
  startSeconds: 10,
  stallSeconds: 15,
  stopSeconds: 5,
})

/** Settings of a source whose media comes from a program. */
export interface ExecPlan {
  readonly kind: 'exec'
  readonly path: string
  /** Program and its arguments. */
  readonly command: readonly string[]
  readonly format: ExecFormat
  /**
   * Pictures per second of the formats `h264` and `h265`, which contain no times; 0 = each picture has the time of its
   * arrival.
   */
  readonly frameRate: number
  /** Names of environment variables of the server that the program gets besides those that each program gets. */
  readonly passEnvironment: readonly string[]
  /** Environment variables of the program by name, besides those that the server passes on. */
  readonly environment: Readonly<Record<string, string>>
  /** Working directory of the program; `undefined` = that of the server. */
  readonly folder: string | undefined
  readonly alwaysOn: boolean
  readonly lingerSeconds: number
  readonly holdSeconds: number
  /** File that viewers are sent in a loop while the program is away; `undefined` = none. */
  readonly slate: string | undefined
  readonly startSeconds: number
  readonly stallSeconds: number
  readonly stopSeconds: number
}

/**
 * Names of the environment variables of the server that each program gets. All others stay hidden, because they may
 * contain secrets.
 */
const passedVariables = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'],
  // Windows cannot start programs without these.
  ...['SystemRoot', 'SystemDrive', 'ComSpec', 'PATHEXT', 'Path', 'TEMP', 'TMP', 'USERPROFILE'],
]

/**
 * Returns the environment of a program: passed variables of the server, `RTSPOOL_PATH`, and variables of the plan. The
 * latter replace others of the same name.
 *
 * @param own - Environment of the server.
 */
export function environmentOf(
  plan: ExecPlan,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const names = [...passedVariables, ...plan.passEnvironment]
  const isPassed = (name: string): boolean => names.includes(name) || name.startsWith('LC_')
  const passed = Object.entries(own).flatMap(([name, value]) =>
    value !== undefined && isPassed(name) ? [[name, value] as const] : [],
  )
  return { ...Object.fromEntries(passed), RTSPOOL_PATH: plan.path, ...plan.environment }
}
