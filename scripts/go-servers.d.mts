export declare const goFolder: string
export type GoProgram = 'gortsplib' | 'go2rtc'
export declare function buildGoServer(name: GoProgram): string | undefined
