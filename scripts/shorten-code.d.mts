export declare function shortCode(text: string): string

export declare function withLongLines(declarations: string): string
