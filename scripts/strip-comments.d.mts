export declare function withoutComments(text: string): string

export declare function indentedByTabs(text: string): string
