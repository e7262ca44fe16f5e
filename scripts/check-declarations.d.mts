/** See check-declarations.mjs. */
export function declarationProblems(unpacked: string, temp: string): Promise<string[]>
