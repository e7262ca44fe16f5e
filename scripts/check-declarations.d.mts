/** See check-declarations.mjs. */
export function declarationProblems(unpacked: string, temp: string): Promise<string[]>

/** Names of the programs: each complaint names one. */
export const consumerNames: readonly string[]
