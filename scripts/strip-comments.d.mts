export declare function withoutComments(text: string): string
