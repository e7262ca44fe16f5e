export function optionsKeptByNpm(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): string[]
export function npmOptionsProblem(names: readonly string[]): string
