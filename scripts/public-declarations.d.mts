export function hiddenStatements(
  packageFolder: string,
): Map<string, { readonly pos: number; readonly end: number }[]>
