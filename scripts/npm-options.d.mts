export function optionsKeptByNpm(
  event: string,
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): string[]
export function npmOptionsProblem(event: string, names: readonly string[]): string
