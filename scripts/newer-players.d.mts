export const newerPlayersBin: string
export function ensureNewerPlayers(): Promise<string | undefined>
export function moveIntoPlace(directory: string, place: string): void
