import type { Command } from 'commander'

export const optionPages: Readonly<Record<string, string>>
export function optionsTable(command: Command): string
export function withTable(page: string, table: string): string | undefined
