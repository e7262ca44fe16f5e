export declare function withoutComments(text: string): string

export declare function indentedByTabs(text: string): string

export declare function withoutSpaces(text: string): string

export declare function withLongLines(declarations: string): string
