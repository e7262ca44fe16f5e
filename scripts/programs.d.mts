/** A program that tests or benchmarks use. */
export interface Program {
  /** What tests ask for. */
  readonly name: string
  /** A command that exits with 0 when it is there. */
  readonly probe: readonly [command: string, ...args: string[]]
  /** The Debian packages that bring it. */
  readonly packages: readonly string[]
}

export const programs: readonly Program[]
export function isPresent(program: Program): boolean
export function forgetProbes(): void
export function missingPrograms(): Program[]
export function packagesOf(list: readonly Program[]): string[]
export function installCommand(packages: readonly string[]): string
export function reasonToSkip(...names: readonly string[]): string | undefined
